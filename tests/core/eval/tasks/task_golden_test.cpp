// Scores of tasks against lm-evaluation-harness 0.4.13 (tests/fixtures/tasks/README.md), and of
// choices with a shared beginning against each read whole.
#include <gtest/gtest.h>

#include "base/files.h"
#include "core/model/tiny_model.h"
#include "eval/tasks/task_scoring.h"
#include "library/model_source.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

const std::string kFolder = SKD_FIXTURES "/tasks/";

class TaskGolden : public testing::Test {
protected:
    void SetUp() override {
        const auto copy = folder.path() / "tiny";
        std::filesystem::copy(modelFixture("workbench"), copy);
        folder.write("tiny/tokenizer_config.json",
                     R"({"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>"})");
        auto opened = openModel(
            {.path = copy.string(), .dtype = DTypeChoice::F32, .device = DeviceChoice::Cpu});
        ASSERT_TRUE(opened) << opened.error().message;
        model.emplace(std::move(*opened));
    }
    [[nodiscard]] TaskModel asked() const { return {model->decoder, *model->tokenizer, {2}}; }

    /// All documents of a task, and the reference's.
    void compare(const std::string& name, const Json& expected, std::int64_t examples) {
        TaskSpec spec;
        spec.files = {name + "=" + kFolder + name + ".jsonl"};
        spec.examples = examples;
        if (examples > 0 && name != "lambada_openai")
            spec.exampleFiles = {name + "=" + kFolder + name + "-examples.jsonl"};
        const auto tasks = prepareTasks(spec);
        ASSERT_TRUE(tasks) << tasks.error().message;
        const Json& documents = expected["documents"];
        ASSERT_EQ(tasks->front().count, documents.size());
        const auto outcomes = scoreTask(asked(), tasks->front(), RunContext(),
                                        [&](std::size_t index, const DocumentScore& score) {
                                            compareDocument(name, score, documents[index]);
                                        });
        ASSERT_TRUE(outcomes && *outcomes) << outcomes.error().message;
        for (const auto& [measure, values] : (*outcomes)->measures)
            compareMeasure(name, expected["measures"], measure, taskMeasure(measure, values));
    }

    static void compareDocument(const std::string& name, const DocumentScore& score,
                                const Json& expected) {
        const Json ours = score.toJson();
        for (const auto& [key, value] : expected.items()) {
            if (key != "log_likelihood") {
                EXPECT_EQ(ours[key], value) << name << " " << key;
                continue;
            }
            ASSERT_EQ(ours[key].size(), value.size());
            // f32 sums in another order: a few 1e-6 a token.
            for (std::size_t i = 0; i < value.size(); ++i)
                EXPECT_NEAR(ours[key][i].get<double>(), value[i].get<double>(), 1e-4) << name;
        }
    }
    static void compareMeasure(const std::string& name, const Json& expected,
                               const std::string& measure, const TaskMeasure& ours) {
        const bool filtered = measure.find(',') != std::string::npos;
        const std::string key = taskMeasureTitle(measure);
        const auto value = expected.find(filtered ? key : key + ",none");
        if (value == expected.end()) return;
        const double reference = value->get<double>();
        EXPECT_NEAR(ours.value, reference, 1e-4 * std::max(1.0, reference)) << name << measure;
        const std::size_t comma = key.find(',');
        const auto error = expected.find(
            filtered ? key.substr(0, comma) + "_stderr" + key.substr(comma) : key + "_stderr,none");
        // The harness resamples for the error of a perplexity.
        if (measure == kLogLikelihood || error == expected.end()) return;
        EXPECT_NEAR(ours.standardError, error->get<double>(), 1e-9) << name << " " << measure;
    }

    const TemporaryFolder folder;
    std::optional<OpenModel> model;
};

TEST_F(TaskGolden, DocumentsScoreAsInTheHarness) {
    for (const char* file : {"expected-0.json", "expected-2.json"}) {
        const auto expected = readJsonFile(kFolder + file);
        ASSERT_TRUE(expected) << expected.error().message;
        const Json& all = *expected;
        for (const auto& [name, task] : all["tasks"].items())
            compare(name, task, all["examples"].get<std::int64_t>());
    }
}

/// With more positions than the tiny model's config has, of which answers need 256.
TEST_F(TaskGolden, AnswersAreThoseOfTheHarness) {
    const auto expected = readJsonFile(kFolder + "expected-answers.json");
    ASSERT_TRUE(expected) << expected.error().message;
    const Json& all = *expected;
    model->decoder.config.maxPositions = 512;
    compare("gsm8k", all["tasks"]["gsm8k"], all["examples"].get<std::int64_t>());
    model->decoder.config.maxPositions = 128;
    TaskSpec spec;
    spec.files = {"gsm8k=" + kFolder + "gsm8k.jsonl"};
    const auto tasks = prepareTasks(spec);
    ASSERT_TRUE(tasks);
    const auto refused = scoreTask(asked(), tasks->front(), RunContext());
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("gsm8k.jsonl:1"), std::string::npos);
    EXPECT_NE(refused.error().message.find("128 positions"), std::string::npos);
}

TEST_F(TaskGolden, SharedBeginningsChangeNothing) {
    const std::vector<std::vector<std::int64_t>> inputs{
        {5, 6, 7, 8, 9}, {5, 6, 7, 8}, {5, 6, 7, 8, 10, 11, 12}, {5, 6, 7, 8}};
    std::vector<ChoiceTokens> choices;
    for (std::size_t i = 0; i < inputs.size(); ++i)
        choices.push_back({inputs[i], std::vector<std::int64_t>(i == 1 ? 1 : 3, 20 + i)});
    const std::vector<ChoiceScore> together = scoreChoices(model->decoder, choices);
    ASSERT_EQ(together.size(), choices.size());
    for (std::size_t i = 0; i < choices.size(); ++i) {
        const ChoiceScore alone = scoreWhole(model->decoder, choices[i]);
        EXPECT_NEAR(together[i].logLikelihood, alone.logLikelihood, 1e-5) << i;
        EXPECT_EQ(together[i].greedy, alone.greedy) << i;
    }
    choices[2].input[0] = 4;  // nothing is shared
    const double whole = scoreWhole(model->decoder, choices[2]).logLikelihood;
    EXPECT_NEAR(scoreChoices(model->decoder, choices)[2].logLikelihood, whole, 1e-5);
}

TEST_F(TaskGolden, ScoresAreSumsOverTheWholeVocabulary) {
    const ChoiceTokens choice{{5, 6, 7}, {8, 9}};
    const at::Tensor logits = at::log_softmax(
        model->decoder.logits(at::tensor(choice.input, at::kLong).unsqueeze(0))[0].to(at::kDouble),
        -1);
    EXPECT_NEAR(scoreWhole(model->decoder, choice).logLikelihood,
                logits[1][8].item<double>() + logits[2][9].item<double>(), 1e-5);
}

TEST_F(TaskGolden, WhatCannotBeScoredIsAnError) {
    const ModelConfig& config = model->decoder.config;
    const auto tooLong = choiceTokens(*model->tokenizer, config, "a", std::string(1000, '7'));
    ASSERT_FALSE(tooLong);
    EXPECT_NE(tooLong.error().message.find("128 positions"), std::string::npos);
    EXPECT_FALSE(choiceTokens(*model->tokenizer, config, "a", ""));
    const auto cut = choiceTokens(*model->tokenizer, config, std::string(1000, '7'), " x");
    ASSERT_TRUE(cut);
    EXPECT_EQ(cut->input.size(), 128u) << "the last of them";
}

TEST(ChoiceMeasures, OfEqualScoresTheFirstCounts) {
    TaskDocument document;
    document.choices = {"ab", "\u00E9", "xyz"};
    document.gold = 0;
    const auto measures = choiceMeasures(document, {{-4, false}, {-4, false}, {-5, true}});
    // By characters -2, -4, -5/3; by bytes -2, -2, -5/3.
    EXPECT_EQ(measures, (NamedValues<double>{
                            {kAccuracy, 1}, {kAccuracyByCharacters, 0}, {kAccuracyByBytes, 0}}));
    document.choices = {"", "a"};
    document.gold = 0;
    EXPECT_EQ(choiceMeasures(document, {{-1, false}, {-9, false}})[1].second, 0)
        << "-1 / 0 is the least";
}

}  // namespace
}  // namespace skd::test
