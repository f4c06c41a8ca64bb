// Nothing that changes a figure is outside the keys of caches, and a run is resumed with what it
// began with or not at all.

#include <functional>

#include "base/files.h"
#include "base/hash.h"
#include "core/run/pipeline_fixture.h"
#include "distill/teacher_cache.h"

namespace skd::test {
namespace {

/// Asks for the end once there is a checkpoint to continue from.
class CheckpointSink final : public EventSink {
public:
    void emit(Event event) override {
        if (std::holds_alternative<CheckpointSaved>(event)) stop.request_stop();
    }
    std::stop_source stop;
};

class WorldTest : public PipelineTest {
protected:
    void SetUp() override {
        PipelineTest::SetUp();
        for (const char* name : {"model", "teacher"})
            std::filesystem::copy(modelFixture("workbench"), folder / name);
    }
    RunSpec spec() const {
        RunSpec spec = small();
        spec.model.path = (folder / "model").string();
        return spec;
    }
    /// Replaces the first place of `old` in a file of the folder.
    void replace(const char* file, const std::string& old, const std::string& by) const {
        std::string text = readBytes(folder / file);
        const std::size_t at = text.find(old);
        ASSERT_NE(at, std::string::npos) << old;
        folder.write(file, text.replace(at, old.size(), by));
    }
    /// What a run says that hangs on its model.
    static Json figuresOf(const PipelineResult& result) {
        Json json = toJson(result.summary), figures;
        for (const char* key : {"dense_ppl", "post_prune_ppl", "post_kd_ppl", "teacher_sha256",
                                "mlp_removed", "best_step", "answers"})
            figures[key] = json[key];
        return figures;
    }
    /// Stops run 1 while it distils.
    void beginRun(const RunSpec& spec) const {
        CheckpointSink sink;
        const RunContext context{
            RunId(1), &sink, sink.stop.get_token(), static_cast<std::uint64_t>(spec.seed), {}, {}};
        const auto stopped =
            runPipeline(spec, paths, context, [](const Json&) { return Status(); });
        ASSERT_TRUE(stopped) << stopped.error().message;
        ASSERT_EQ(stopped->outcome, Outcome::Cancelled);
    }
    Json freshFigures(const RunSpec& spec, std::int64_t number) {
        const RunPaths fresh{folder / strCat("fresh", number)};
        StoppingSink sink;
        const RunContext context{
            RunId(number), &sink, {}, static_cast<std::uint64_t>(spec.seed), {}, {}};
        const auto result = runPipeline(spec, fresh, context, [](const Json&) { return Status(); });
        EXPECT_TRUE(result) << result.error().message;
        return result ? figuresOf(*result) : Json();
    }
};

/// A workspace that has seen the model with another config says what one says that has seen none.
TEST_F(WorldTest, AConfigThatIsEditedIsAnotherModelToEveryCache) {
    RunSpec asked = spec();
    asked.eval.answerTokens = 16;
    const Json before = figuresOf(complete(asked, 1));
    const std::vector<std::pair<std::string, std::string>> edits{
        {"\"rms_norm_eps\": 1e-06", "\"rms_norm_eps\": 0.5"},
        {"\"rope_theta\": 10000.0", "\"rope_theta\": 3.0"}};
    for (std::size_t i = 0; i < edits.size(); ++i) {
        SCOPED_TRACE(edits[i].second);
        replace("model/config.json", edits[i].first, edits[i].second);
        const auto number = static_cast<std::int64_t>(i) + 2;
        const Json warm = figuresOf(complete(asked, number));
        EXPECT_EQ(dumpJson(warm), dumpJson(freshFigures(asked, number)));
        EXPECT_NE(warm["dense_ppl"], before["dense_ppl"]);
        EXPECT_NE(warm["teacher_sha256"], before["teacher_sha256"]);
        replace("model/config.json", edits[i].second, edits[i].first);
    }
    EXPECT_EQ(dumpJson(figuresOf(complete(asked, 9))), dumpJson(before));
}

class ChangedWorld : public WorldTest {
protected:
    void SetUp() override {
        WorldTest::SetUp();
        std::string text;
        for (int i = 0; i < 200; ++i)
            text += "The number " + std::to_string(i * 7919 % 1000) + " is written here.\n";
        folder.write("text.txt", text);
        folder.write("selection.txt", "Before it. " + text);
        folder.write("model/tokenizer_config.json", dumpJson(tokenizerConfig("<|im_start|>")));
        folder.write("model/generation_config.json", R"({"eos_token_id": 0})");
        folder.write("share.jsonl", readBytes(smallShares().front().path));
        asked = spec();
        asked.corpus.shares.front().path = (folder / "share.jsonl").string();
        asked.teacher.path = (folder / "teacher").string();
        asked.eval.text = (folder / "text.txt").string();
        asked.eval.selection = (folder / "selection.txt").string();
    }
    /// ChatML, and which token begins texts.
    static Json tokenizerConfig(const std::string& bos) {
        return {{"bos_token", bos},
                {"eos_token", "<|endoftext|>"},
                {"chat_template",
                 "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + "
                 "message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}{% if "
                 "add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"}};
    }
    std::string refusal() {
        StoppingSink sink;
        const auto result = run(asked, 1, sink);
        return result ? "it was resumed" : result.error().message;
    }
    RunSpec asked;
};

TEST_F(ChangedWorld, IsRefusedByNameOnResume) {
    beginRun(asked);
    const std::string theta = "\"rope_theta\": 10000.0";
    const auto flipWeight = [this](const char* file) {
        std::string bytes = readBytes(folder / file);
        bytes[bytes.size() - 4] ^= 1;  // the lowest bit of an f32
        folder.write(file, bytes);
    };
    const std::vector<std::tuple<const char*, const char*, std::function<void()>>> changes{
        {"model/model.safetensors", "the model's weights",
         [&] { flipWeight("model/model.safetensors"); }},
        {"model/config.json", "the model's config",
         [&] { replace("model/config.json", theta, "\"rope_theta\": 10001.0"); }},
        {"model/tokenizer.json", "the model's tokeniser",
         [&] {
             folder.write("model/tokenizer.json",
                          readBytes(folder / "model/tokenizer.json") + "\n");
         }},
        {"model/tokenizer_config.json", "the model's special tokens",
         [&] {
             folder.write("model/tokenizer_config.json", dumpJson(tokenizerConfig("<|im_end|>")));
         }},
        {"model/generation_config.json", "the model's end tokens",
         [&] { folder.write("model/generation_config.json", R"({"eos_token_id": [0, 5]})"); }},
        {"text.txt", "the evaluation text", [&] { replace("text.txt", "The", "the"); }},
        {"selection.txt", "the selection text", [&] { replace("selection.txt", "The", "the"); }},
        {"share.jsonl", "the corpus",
         [&] {
             std::string rows = readBytes(folder / "share.jsonl");
             for (std::size_t at = rows.find(" the "); at != std::string::npos;
                  at = rows.find(" the ", at + 1))
                 rows.replace(at, 5, " our ");
             folder.write("share.jsonl", rows);
         }},
        {"teacher/model.safetensors", "the teacher's weights",
         [&] { flipWeight("teacher/model.safetensors"); }},
        {"teacher/config.json", "the teacher's config",
         [&] { replace("teacher/config.json", theta, "\"rope_theta\": 10001.0"); }}};
    for (const auto& [file, name, change] : changes) {
        const std::string before = readBytes(folder / file);
        change();
        const std::string message = refusal();
        EXPECT_EQ(message.find(strCat(name, " changed since this run began")), 0u)
            << file << ": " << message;
        folder.write(file, before);
    }
    // With everything put back it continues, to the model of the run that was never stopped.
    const Json resumed = figuresOf(complete(asked, 1));
    EXPECT_EQ(dumpJson(resumed), dumpJson(figuresOf(complete(asked, 99))));
}

/// Version 0.1 noted nothing and knew models by their weights alone: its caches, and with them its
/// checkpoints, are found under the keys that it gave them.
TEST_F(WorldTest, RunsOfAnOlderVersionKeepTheirKeys) {
    const RunSpec asked = spec();
    ASSERT_TRUE(RunState(paths.run(RunId(1))).put("begun", Json::object()));
    beginRun(asked);
    const RunSummary plain = complete(asked, 99).summary;
    ASSERT_TRUE(plain.corpusSha256 && plain.postKdPpl && plain.teacherSha256);
    const auto model = openModel(asked.model);
    ASSERT_TRUE(model) << model.error().message;
    TeacherCacheKey key{model->summary.weightsSha256, model->decoder.dtypeName(),
                        model->summary.tokenizerSha256, *plain.corpusSha256};
    key.choose(asked.distill, static_cast<std::uint64_t>(asked.seed));
    const std::string name = sha256Hex(dumpJson(toJson(key))).substr(0, 32);
    EXPECT_TRUE(std::filesystem::exists(paths.teacher() / name / "manifest.json"));
    const Json figures = figuresOf(complete(asked, 1));
    EXPECT_EQ(figures["post_kd_ppl"], *plain.postKdPpl);
    EXPECT_NE(figures["teacher_sha256"], *plain.teacherSha256) << "a manifest names its key";
}

}  // namespace
}  // namespace skd::test
