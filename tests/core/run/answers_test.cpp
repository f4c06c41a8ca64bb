// Recorded answers against greedy decoding without a cache, and against what a repeated or resumed
// run says.

#include "run/answers.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/files.h"
#include "core/model/tiny_model.h"
#include "run/pipeline.h"
#include "support/small_corpus.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

/// Keeps what stages that answer say, and warnings.
class AnswersSink final : public EventSink {
public:
    void emit(Event event) override {
        if (const auto* done = std::get_if<StageFinished>(&event);
            done != nullptr && done->stage == Stage::Answer)
            sets.push_back(readRecord<AnswerSet>(done->result));
        if (const auto* line = std::get_if<LogLine>(&event);
            line != nullptr && line->level == log::Level::Warning)
            warnings += line->text + "\n";
        if (const auto* progress = std::get_if<Progress>(&event);
            progress != nullptr && progress->stage == Stage::Answer && stopWhileAnswering)
            stop.request_stop();
    }
    std::vector<AnswerSet> sets;
    std::string warnings;
    bool stopWhileAnswering = false;
    std::stop_source stop;
};

class AnswersTest : public testing::Test {
protected:
    void SetUp() override { setenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources", 1); }

    RunSpec small() {
        RunSpec spec;
        spec.model.path = modelFixture("workbench").string();
        spec.model.threads = 1;
        spec.model.dtype = DTypeChoice::F32;
        spec.corpus.shares = smallShares();
        spec.corpus.sequenceLength = 48;
        spec.corpus.samples = 16;
        spec.prune.rankMultiple = 4;
        spec.prune.target = 0.3;
        spec.prune.weights = WeightRule::Unit;
        spec.prune.calibrationTokens = 200;
        spec.schedule.gate = false;
        spec.distill.steps = 2;
        spec.distill.batch = 2;
        spec.distill.warmup = 1;
        spec.eval.maxTokens = 300;
        spec.eval.context = 64;
        spec.eval.quality = false;
        spec.eval.prompts = {"The number seven", "Who are you?"};
        spec.eval.answerTokens = 6;
        return spec;
    }
    RunContext contextOf(AnswersSink& sink, std::int64_t id = 1) {
        return {RunId(id), &sink, sink.stop.get_token(), 42, {}, {}};
    }
    Result<PipelineResult> run(const RunSpec& spec, std::int64_t id, AnswersSink& sink) {
        return runPipeline(spec, paths, contextOf(sink, id), [](const Json&) { return Status(); });
    }
    RunSummary complete(const RunSpec& spec, std::int64_t id, AnswersSink& sink) {
        const auto result = run(spec, id, sink);
        EXPECT_TRUE(result) << result.error().message;
        return result ? result->summary : RunSummary();
    }
    /// Greedy tokens by whole forward passes.
    static std::string greedy(const OpenModel& model, const Decoder& decoder,
                              const std::vector<TokenId>& prompt, std::int64_t tokens) {
        std::vector<std::int64_t> ids(prompt.begin(), prompt.end());
        std::vector<TokenId> said;
        for (std::int64_t i = 0; i < tokens; ++i) {
            const at::Tensor read = at::tensor(ids, at::kLong).unsqueeze(0);
            const auto next = decoder.logits(read)[0][std::ssize(ids) - 1].argmax().item<int64_t>();
            ids.push_back(next);
            said.push_back(static_cast<TokenId>(next));
        }
        return model.tokenizer->decode(said, true);
    }

    const TemporaryFolder folder;
    const RunPaths paths{folder.path() / "files"};
};

TEST_F(AnswersTest, EveryModelOfARunAnswersOnce) {
    RunSpec spec = small();
    spec.schedule.rounds = {{0.2, 0}, {0.4, 0}};
    AnswersSink sink;
    const RunSummary summary = complete(spec, 1, sink);
    std::vector<std::string> stages;
    for (const AnswerSet& set : summary.answers) {
        stages.push_back(answerTitle(set, summary.answers));
        ASSERT_EQ(set.answers.size(), 2u);
        EXPECT_EQ(set.answers[0].prompt, "The number seven");
        EXPECT_FALSE(set.answers[1].chat) << "the fixture has no chat template";
        EXPECT_EQ(set.seed, 42);
    }
    EXPECT_EQ(stages, (std::vector<std::string>{"dense", "cut, round 1", "recovered, round 1",
                                                "cut, round 2", "recovered, round 2"}));
    EXPECT_EQ(sink.sets, summary.answers) << "said when they come, and kept";
    EXPECT_EQ(readRunSummary(toJson(summary)).answers, summary.answers);
    const auto shown = shownAnswers(summary.answers);
    ASSERT_EQ(shown.size(), 3u);
    EXPECT_EQ(shown[1]->round, 2);
}

TEST_F(AnswersTest, AreWhatGreedyDecodingOfEachModelGives) {
    AnswersSink sink;
    RunSpec spec = small();
    const RunSummary summary = complete(spec, 1, sink);
    const auto shown = shownAnswers(summary.answers);
    ASSERT_EQ(shown.size(), 3u);
    spec.model.path = "run:1@0";
    ModelRef cut = spec.model, final = spec.model;
    final.path = "run:1";
    const ModelRef refs[] = {small().model, cut, final};
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const auto model = openModel(refs[i], &paths);
        ASSERT_TRUE(model) << model.error().message;
        for (const RecordedAnswer& answer : shown[i]->answers) {
            const auto ids = model->tokenizer->encode(answer.prompt, {.addSpecialTokens = true});
            ASSERT_TRUE(ids);
            EXPECT_EQ(answer.text, greedy(*model, model->decoder, *ids, answer.tokens)) << i;
            EXPECT_TRUE(answer.tokens == 6 || answer.ended == "stop");
        }
    }
}

TEST_F(AnswersTest, AStopKeepsNothingOfTheStageAndAResumedRunSaysTheSame) {
    AnswersSink whole, stopped, resumed;
    const RunSummary expected = complete(small(), 1, whole);
    std::filesystem::remove_all(paths.scores());
    stopped.stopWhileAnswering = true;
    const auto first = run(small(), 2, stopped);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(first->outcome, Outcome::Cancelled);
    EXPECT_TRUE(first->summary.answers.empty());
    EXPECT_TRUE(stopped.sets.empty());
    EXPECT_EQ(complete(small(), 2, resumed).answers, expected.answers);
    EXPECT_EQ(resumed.sets.size(), 3u);
    AnswersSink again;
    EXPECT_EQ(complete(small(), 2, again).answers, expected.answers);
    EXPECT_TRUE(again.sets.empty()) << "a complete run is not asked again";
}

TEST_F(AnswersTest, TheDenseModelIsAskedOncePerWorkspace) {
    AnswersSink sink;
    RunSpec spec = small();
    spec.distill.steps = 0;
    const RunSummary first = complete(spec, 1, sink);
    int changed = 0;
    const ScoreCache cache(paths.scores());
    for (const auto& entry : std::filesystem::directory_iterator(paths.scores())) {
        const std::string name = entry.path().stem().string();
        std::optional<Json> kept = cache.find(name);
        if (!kept || !kept->is_array()) continue;
        (*kept)[0]["text"] = "as it was kept";
        ASSERT_TRUE(cache.put(name, *kept));
        ++changed;
    }
    EXPECT_EQ(changed, 1) << "answers of cut models are the run's own";
    spec.prune.target = 0.4;
    const RunSummary second = complete(spec, 2, sink);
    ASSERT_EQ(second.answers.size(), 2u);
    EXPECT_EQ(second.answers[0].answers[0].text, "as it was kept");
    EXPECT_EQ(second.answers[0].answers[1], first.answers[0].answers[1]);
    spec.eval.answerTokens = 5;
    const RunSummary shorter = complete(spec, 3, sink);
    EXPECT_NE(shorter.answers[0].answers[0].text, "as it was kept") << "another length is asked";
}

TEST_F(AnswersTest, NoPromptsNoStage) {
    RunSpec spec = small();
    spec.eval.prompts.clear();
    AnswersSink sink;
    const RunSummary summary = complete(spec, 1, sink);
    EXPECT_TRUE(summary.answers.empty() && sink.sets.empty());
    EXPECT_FALSE(toJson(summary).contains("answers")) << "as earlier versions wrote it";
}

TEST_F(AnswersTest, FilesThatCannotBeReadCostTheAnswersNotTheRun) {
    const std::filesystem::path model = folder.path() / "model";
    std::filesystem::copy(modelFixture("workbench"), model);
    ASSERT_TRUE(writeFileAtomically(model / "generation_config.json", "[]"));
    RunSpec spec = small();
    spec.model.path = model.string();
    AnswersSink sink;
    EXPECT_TRUE(complete(spec, 1, sink).answers.empty());
    EXPECT_NE(sink.warnings.find("no answers to eval.prompts are recorded"), std::string::npos)
        << sink.warnings;
}

TEST_F(AnswersTest, LogitsThatAreNotFiniteEndTheAnswerOnly) {
    AnswersSink sink;
    const RunContext context = contextOf(sink);
    RunWork work(small(), paths, context);
    auto model = openModel(small().model);
    ASSERT_TRUE(model) << model.error().message;
    work.model = std::move(*model);
    readQuestions(work);
    Decoder broken = work.model.decoder.clone();
    broken.finalNorm.fill_(std::nan(""));
    const Status told = recordAnswers(work, broken, {kCutAnswers, 1, 0});
    ASSERT_TRUE(told) << told.error().message;
    const auto sets = recordedAnswers(work.state, work.spec);
    ASSERT_EQ(sets.size(), 1u);
    EXPECT_EQ(sets[0].answers.at(1).ended, "not finite");
    EXPECT_EQ(sets[0].answers.at(1).text, "");
}

}  // namespace
}  // namespace skd::test
