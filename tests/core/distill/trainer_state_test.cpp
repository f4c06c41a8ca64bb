#include "distill/trainer_state.h"

#include <gtest/gtest.h>

#include "core/distill/distill_fixture.h"
#include "distill/checkpoint.h"

namespace skd {
namespace {

/// The state of a run's newest checkpoint.
struct RecordedState {
    test::TrainingFixture fixture;
    CheckpointFolder folder{fixture.environment.checkpointFolder};

    Checkpoint train() {
        Decoder model = test::trainingStudent(at::kFloat);
        EXPECT_TRUE(fixture.run(model));
        return folder.loadNewest({})->value();
    }
};

TEST(TrainerState, ReadsWhatTheTrainerWrote) {
    const Checkpoint checkpoint = RecordedState().train();
    const auto state = TrainerState::fromJson(checkpoint.state, checkpoint.step);
    ASSERT_TRUE(state) << state.error().message;
    EXPECT_EQ(checkpoint.step, 12);
    EXPECT_EQ(state->optimiserSteps, 12);
    EXPECT_TRUE(state->finished);
    EXPECT_EQ(state->identity, checkpoint.state["identity"]);
    EXPECT_EQ(state->stopping, checkpoint.state["stopping"]);
}

TEST(TrainerState, RefusesWhatIsMissingMistypedOrBeyondItsSteps) {
    const Checkpoint checkpoint = RecordedState().train();
    std::vector<std::pair<std::string, Json>> crafted;
    for (const char* number :
         {"optimiser_steps", "micro_batch", "evaluated", "bad_in_a_row", "skipped"})
        for (const Json& value : {Json(), Json("3"), Json(0.5), Json(-2), Json(1ull << 62),
                                  Json(1ull << 63), Json::array()})
            crafted.emplace_back(number, value);
    crafted.emplace_back("micro_batch", 0);
    crafted.emplace_back("averaged", 13);
    crafted.emplace_back("optimiser_steps", 13);
    crafted.emplace_back("finished", 1);
    crafted.emplace_back("stop_reason", 1);
    for (const auto& [name, value] : crafted) {
        Json json = checkpoint.state;
        json[name] = value;
        const auto state = TrainerState::fromJson(json, checkpoint.step);
        ASSERT_FALSE(state) << name << " " << value;
        EXPECT_EQ(state.error().code, ErrorCode::Corrupt);
        EXPECT_NE(state.error().message.find(name), std::string::npos) << state.error().message;
    }
    for (const char* name :
         {"identity", "machine", "optimiser_steps", "micro_batch", "evaluated", "bad_in_a_row",
          "skipped", "finished", "stop_reason", "stopping", "gradient_norms"}) {
        Json json = checkpoint.state;
        json.erase(name);
        EXPECT_FALSE(TrainerState::fromJson(json, checkpoint.step)) << name;
    }
}

TEST(TrainerState, ACraftedCheckpointIsAnErrorOfTheRun) {
    RecordedState recorded;
    Checkpoint checkpoint = recorded.train();
    for (const Json& state : {Json::object(), Json{{"identity", 5}}}) {
        checkpoint.state = state;
        ASSERT_TRUE(recorded.folder.save(checkpoint));
        Decoder model = test::trainingStudent(at::kFloat);
        const auto report = recorded.fixture.run(model);
        ASSERT_FALSE(report);
        EXPECT_EQ(report.error().code, ErrorCode::Corrupt);
    }
}

}  // namespace
}  // namespace skd
