#include "library/run_models.h"

#include <gtest/gtest.h>

#include "core/model/tiny_model.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

/// A run's folder with models of different weights; what `step` each file says is up to the test.
class RunModelsTest : public testing::Test {
protected:
    /// Its hash.
    std::string write(const std::filesystem::path& path, std::uint64_t seed,
                      std::int64_t step) const {
        std::filesystem::create_directories(path.parent_path());
        const Decoder model = tinyDecoder(seed);
        EXPECT_TRUE(writeDecoder(path, model, {{"step", step}}));
        return weightsSha256(model);
    }
    std::string hashAt(std::optional<std::int64_t> step) const {
        const auto file = models.open(step, {at::kFloat, at::kCPU});
        return file ? file->model.weightsSha256 : file.error().message;
    }
    void writeState(const Json& state) const { folder.write("run/state.json", dumpJson(state)); }

    const TemporaryFolder folder;
    const RunModels models{folder / "run"};
};

/// A run of 16 steps whose step 12 was the best, as version 0.1 left it.
TEST_F(RunModelsTest, ADistilledModelIsOfItsBestStep) {
    const std::string cut = write(models.pruned(1), 1, 0), best = write(models.recovered(1), 2, 16);
    EXPECT_EQ(write(models.final(), 2, 16), best);
    writeState({{"round1.done", {{"best_step", 12}, {"steps", 16}, {"rolled_back", false}}}});
    EXPECT_EQ(models.steps(), (std::vector<std::int64_t>{0, 12}));
    EXPECT_EQ(hashAt(0), cut);
    EXPECT_EQ(hashAt(12), best);
    EXPECT_EQ(hashAt({}), best);
    EXPECT_EQ(hashAt(16), "it holds no model of step 16; there are steps 0, 12");
    std::filesystem::remove(models.recovered(1));
    std::filesystem::remove(models.pruned(1));
    EXPECT_EQ(models.steps(), std::vector<std::int64_t>{12}) << "of the final model alone";
    EXPECT_EQ(hashAt(12), best);
    std::filesystem::remove(models.state());
    EXPECT_EQ(models.steps(), std::vector<std::int64_t>{16}) << "nothing else is known";
}

/// Where distilling made it worse, step 0 stays what it was after the cut.
TEST_F(RunModelsTest, ACutGoesBeforeADistilledModelOfTheSameStep) {
    const std::string cut = write(models.pruned(1), 1, 0);
    write(models.recovered(1), 2, 0);
    writeState({{"round1.done", {{"best_step", 0}}}});
    EXPECT_EQ(models.steps(), std::vector<std::int64_t>{0});
    EXPECT_EQ(hashAt(0), cut);
}

/// The second round begins at step 16 with the weights of step 12, cut or not.
TEST_F(RunModelsTest, ARoundThatCutsNothingHasNoModelOfTheStepItBeginsAt) {
    write(models.pruned(1), 1, 0);
    write(models.recovered(1), 2, 12);
    write(models.pruned(2), 3, 16);
    std::filesystem::create_directories(models.checkpoints(2) / "best-4");
    Json state{{"round1.done", {{"best_step", 12}}}};
    writeState(state);
    EXPECT_EQ(models.steps(), (std::vector<std::int64_t>{0, 12, 20}));
    state["round2.cut"] = Json::object();
    writeState(state);
    EXPECT_EQ(models.steps(), (std::vector<std::int64_t>{0, 12, 16, 20}));
}

TEST_F(RunModelsTest, RoundsThatWereRolledBackSayNothingOfTheFinalModel) {
    const std::string final = write(models.final(), 3, 40);
    writeState({{"round1.done", {{"best_step", 30}, {"rolled_back", false}}},
                {"round2.done", {{"best_step", 40}, {"rolled_back", true}}}});
    EXPECT_EQ(models.steps(), std::vector<std::int64_t>{30});
    EXPECT_EQ(hashAt(30), final);
    writeState(Json::array());
    EXPECT_EQ(hashAt(40), final) << "a state that is none";
}

}  // namespace
}  // namespace skd::test
