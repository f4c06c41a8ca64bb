#include "requests/generate_tool.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>

#include "base/files.h"
#include "base/text.h"
#include "core/model/tiny_model.h"
#include "library/dialogue.h"
#include "model/generation.h"
#include "requests/benchmark_tool.h"
#include "requests/tools.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

class Listener final : public EventSink {
public:
    void emit(Event event) override {
        if (auto* tokens = std::get_if<TokensGenerated>(&event)) {
            events.push_back(*tokens);
            if (stopAfter > 0 && events.size() == stopAfter) stop.request_stop();
        }
    }
    std::vector<TokensGenerated> events;
    std::size_t stopAfter = 0;
    std::stop_source stop;
};

class Generate : public testing::Test {
protected:
    /// The tiny model with a chat template and an end-of-turn token of its own.
    void SetUp() override {
        std::filesystem::copy(modelFixture("workbench"), folder.path() / "tiny");
        write("tokenizer_config.json", {{"bos_token", "<|im_start|>"},
                                        {"eos_token", "<|endoftext|>"},
                                        {"chat_template",
                                         "{% for m in messages %}{{ '<|im_start|>' + m.role + "
                                         "'\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}"}});
        ref.path = (folder.path() / "tiny").string();
        ref.dtype = DTypeChoice::F32;
        ref.threads = 1;
    }
    void write(const std::string& name, const Json& json) {
        ASSERT_TRUE(writeFileAtomically(folder.path() / "tiny" / name, dumpJson(json)));
    }
    Result<Json> generate(const GenerateRequest& request) {
        RunContext context;
        context.sink = &listener;
        context.stop = listener.stop.get_token();
        return generateText(ref, request, RunPaths::of(folder.path() / "w.sqlite"), context);
    }
    const TemporaryFolder folder;
    ModelRef ref;
    Listener listener;
};

TEST_F(Generate, EventsAddUpToTheAnswers) {
    const auto result = generate({.number = 7,
                                  .prompt = "The capital of France is",
                                  .answers = 3,
                                  .tokens = 9,
                                  .temperature = 1,
                                  .ignoreEos = true});
    ASSERT_TRUE(result) << result.error().message;
    ASSERT_EQ((*result)["answers"].size(), 3u);
    ASSERT_EQ(listener.events.size(), 27u);
    std::map<std::int64_t, std::string> texts;
    std::map<std::int64_t, std::vector<TokenId>> ids;
    for (const TokensGenerated& event : listener.events) {
        EXPECT_EQ(event.request, 7u);
        EXPECT_TRUE(isValidUtf8(event.text));
        ASSERT_EQ(event.ids.size(), event.logProbability.size());
        for (const double value : event.logProbability) EXPECT_LT(value, 0);
        EXPECT_TRUE(event.kl.empty());
        texts[event.sequence] += event.text;
        ids[event.sequence].insert(ids[event.sequence].end(), event.ids.begin(), event.ids.end());
    }
    for (std::int64_t i = 0; i < 3; ++i) {
        const Json& answer = (*result)["answers"][static_cast<std::size_t>(i)];
        EXPECT_EQ(texts[i], answer["text"].get<std::string>());
        EXPECT_EQ(Json(ids[i]), answer["ids"]);
        EXPECT_EQ(answer["ended"], "length");
    }
}

TEST_F(Generate, IsTheMostProbableTextOfTheModel) {
    const auto result = generate({.prompt = "Once upon a time", .tokens = 12, .ignoreEos = true});
    ASSERT_TRUE(result) << result.error().message;
    const auto model = openModel(ref);
    ASSERT_TRUE(model);
    std::vector<TokenId> ids =
        *model->tokenizer->encode("Once upon a time", {.addSpecialTokens = true});
    const std::size_t prompt = ids.size();
    for (std::size_t i = 0; i < 12; ++i) {
        at::Tensor input = at::empty({1, static_cast<std::int64_t>(ids.size())}, at::kLong);
        std::copy(ids.begin(), ids.end(), input.data_ptr<std::int64_t>());
        const at::Tensor last = model->decoder.logits(input)[0][-1];
        ids.push_back(static_cast<TokenId>(last.argmax().item<std::int64_t>()));
        EXPECT_NEAR(listener.events[i].logProbability.front(),
                    at::log_softmax(last.to(at::kDouble), -1).max().item<double>(), 1e-4);
    }
    EXPECT_EQ(
        (*result)["answers"][0]["ids"],
        Json(std::vector<TokenId>(ids.begin() + static_cast<std::ptrdiff_t>(prompt), ids.end())));
}

TEST_F(Generate, EndsInFrontOfTheModelsOwnStopTokens) {
    const auto free = generate({.prompt = "Once upon a time", .tokens = 12, .ignoreEos = true});
    ASSERT_TRUE(free);
    const Json ids = (*free)["answers"][0]["ids"];
    // The first token that comes only later, as one of a list in generation_config.json.
    std::size_t at = 1;
    while (at < 12 && ids[at] == ids[0]) ++at;
    ASSERT_LT(at, 12u);
    write("generation_config.json", {{"eos_token_id", {2, ids[at]}}});
    listener.events.clear();
    const auto stopped = generate({.prompt = "Once upon a time", .tokens = 12});
    ASSERT_TRUE(stopped);
    EXPECT_EQ((*stopped)["answers"][0]["ids"].size(), at);
    EXPECT_EQ((*stopped)["answers"][0]["ended"], "stop");
    EXPECT_EQ(listener.events.back().ended, "stop");
    EXPECT_TRUE(listener.events.back().ids.empty());
}

TEST_F(Generate, ReadsStopTokensAndTemplateOfTheFolder) {
    write("generation_config.json", {{"eos_token_id", 5}});
    const auto model = openModel(ref);
    ASSERT_TRUE(model);
    auto dialogue = readDialogue(*model);
    ASSERT_TRUE(dialogue);
    const std::vector<TokenId> end = *model->tokenizer->encode("<|im_end|>");
    ASSERT_EQ(end.size(), 1u);
    for (const TokenId id : {TokenId{5}, TokenId{2}, end.front()})
        EXPECT_NE(std::find(dialogue->stop.begin(), dialogue->stop.end(), id), dialogue->stop.end())
            << id;
    EXPECT_NE(dialogue->chatTemplate.jinja.find("im_start"), std::string::npos);
    ASSERT_TRUE(writeFileAtomically(folder.path() / "tiny" / "chat_template.jinja",
                                    "{{ '<|user|>' }}<|end|>{{ '<|assistant|>\\n' }}"));
    dialogue = readDialogue(*model);
    EXPECT_NE(dialogue->chatTemplate.jinja.find("<|user|>"), std::string::npos)
        << "chat_template.jinja goes first";
}

TEST_F(Generate, AsksThroughTheChatTemplate) {
    const auto chat =
        generate({.chat = {{ChatRole::User, "Hello"}}, .tokens = 4, .ignoreEos = true});
    ASSERT_TRUE(chat) << chat.error().message;
    const auto model = openModel(ref);
    const auto written =
        model->tokenizer->encode("<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n");
    EXPECT_EQ((*chat)["prompt_tokens"], written->size());
    listener.events.clear();
    const auto byHand =
        generate({.prompt = "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n",
                  .tokens = 4,
                  .ignoreEos = true});
    if ((*byHand)["prompt_tokens"] == (*chat)["prompt_tokens"]) {
        EXPECT_EQ((*byHand)["answers"], (*chat)["answers"]);
    }
    write("tokenizer_config.json", {{"bos_token", "<|im_start|>"}});
    const auto unknown = generate({.chat = {{ChatRole::User, "Hello"}}});
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::Unsupported);
}

TEST_F(Generate, AsksPlainlyWhereTheModelHasNoTemplate) {
    const GenerateRequest both{
        .prompt = "Hello", .chat = {{ChatRole::User, "Hello"}}, .tokens = 4, .ignoreEos = true};
    const auto chat = generate(both);
    ASSERT_TRUE(chat) << chat.error().message;
    EXPECT_TRUE((*chat)["chat"].get<bool>());
    const auto asked =
        modelConsistency(ref, {.prompt = "Hello", .answers = 2, .tokens = 3, .chat = both.chat},
                         RunPaths::of(folder.path() / "w.sqlite"), RunContext());
    ASSERT_TRUE(asked) << asked.error().message;
    EXPECT_EQ((*asked)["prompt_tokens"], (*chat)["prompt_tokens"]);
    write("tokenizer_config.json", {{"eos_token", "<|endoftext|>"}});
    const auto plain = generate(both);
    ASSERT_TRUE(plain) << plain.error().message;
    EXPECT_FALSE((*plain)["chat"].get<bool>());
    EXPECT_LT((*plain)["prompt_tokens"].get<int>(), (*chat)["prompt_tokens"].get<int>());
    const auto plainly = generate({.prompt = "Hello", .tokens = 4, .ignoreEos = true});
    EXPECT_EQ((*plain)["answers"], (*plainly)["answers"]);
}

TEST_F(Generate, ReferenceModelReadsAlong) {
    const GenerateRequest request{.prompt = "Once upon a time",
                                  .answers = 2,
                                  .tokens = 6,
                                  .temperature = 1,
                                  .ignoreEos = true,
                                  .against = ref.path};
    const auto same = generate(request);
    ASSERT_TRUE(same) << same.error().message;
    ASSERT_EQ(listener.events.size(), 12u);
    for (const TokensGenerated& event : listener.events) EXPECT_NEAR(event.kl.front(), 0, 1e-9);
    EXPECT_NEAR((*same)["mean_kl"].get<double>(), 0, 1e-9);
    GenerateRequest other = request;
    other.against = modelFixture("llama").string();
    EXPECT_FALSE(generate(other)) << "another tokeniser";
}

TEST_F(Generate, CancellingKeepsWhatThereIs) {
    listener.stopAfter = 4;
    const auto result =
        generate({.prompt = "Once upon a time", .answers = 2, .tokens = 50, .ignoreEos = true});
    ASSERT_TRUE(result);
    EXPECT_TRUE((*result)["cancelled"].get<bool>());
    for (const Json& answer : (*result)["answers"]) {
        EXPECT_EQ(answer["ids"].size(), 2u);
        EXPECT_EQ(answer["ended"], "cancelled");
    }
    EXPECT_EQ(listener.events.back().ended, "cancelled");
}

TEST_F(Generate, RefusesWhatMakesNoSense) {
    EXPECT_EQ(generate({.prompt = "", .tokens = 3}).error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(generate({.prompt = "a", .tokens = 0}).error().code, ErrorCode::InvalidInput);
}

/// Table VII on tiny models: figures that hang together, and models that do not influence each
/// other.
TEST_F(Generate, BenchmarkTimesModelsInTurns) {
    const auto report = benchmarkModels(ref,
                                        {.models = {ref.path, ref.path},
                                         .batches = {1, 3},
                                         .prompt = 12,
                                         .generate = 4,
                                         .rounds = 5},
                                        RunPaths::of(folder.path() / "w.sqlite"), {});
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_EQ(report->models.size(), 2u);
    EXPECT_GT(report->bandwidth.median, 1e8);
    for (const BenchmarkModel& model : report->models) {
        EXPECT_EQ(model.mlpRemoved, 0);
        EXPECT_EQ(model.weightBytes, 4.0 * static_cast<double>(model.parameters));
        ASSERT_EQ(model.cells.size(), 2u);
        for (const BenchmarkCell& cell : model.cells) {
            EXPECT_GT(cell.ttftMs.low, 0);
            EXPECT_LE(cell.ttftMs.low, cell.ttftMs.median);
            EXPECT_LE(cell.ttftMs.median, cell.ttftMs.high);
            EXPECT_NEAR(cell.decodeTokensPerSecond,
                        1000 * static_cast<double>(cell.batch) / cell.tpotMs.median, 1e-6);
            EXPECT_GT(cell.boundShare, 0);
            if (!std::isnan(cell.peakBytes)) {
                EXPECT_GE(cell.peakBytes, model.weightBytes);
            }
            EXPECT_GE(cell.cacheBytes, static_cast<double>(cell.batch * 15 * 2 * 2 * 2 * 12 * 4));
        }
    }
    for (const BenchmarkCell& cell : report->models[0].cells)
        EXPECT_EQ(cell.decodeSpeedup.median, 1);
}

TEST_F(Generate, BenchmarkRefusesWhatAModelCannotRead) {
    const RunPaths runs = RunPaths::of(folder.path() / "w.sqlite");
    EXPECT_FALSE(benchmarkModels(ref, {.models = {}}, runs, {}));
    EXPECT_FALSE(
        benchmarkModels(ref, {.models = {ref.path}, .prompt = 125, .generate = 4}, runs, {}));
    EXPECT_FALSE(benchmarkModels(ref, {.models = {ref.path}, .batches = {0}}, runs, {}));
    EXPECT_FALSE(benchmarkModels(ref, {.models = {ref.path}, .generate = 1}, runs, {}));
}

}  // namespace
}  // namespace skd::test
