#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/files.h"
#include "base/text.h"
#include "cli/cli_runner.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

std::string variable(const char* name, const std::string& otherwise) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : otherwise;
}

/// Minutes long, and it installs lm-eval 0.4.13 with pip: behind the label bench.
/// SKD_LM_EVAL_PYTHON names a Python that has it already (with torch, transformers and accelerate);
/// SKD_TASK_DOCUMENTS the number of documents a task.
class BenchTasks : public testing::Test {
protected:
    void SetUp() override {
        std::filesystem::copy(SKD_FIXTURES "/models/workbench", folder / "tiny");
        folder.write("tiny/tokenizer_config.json",
                     R"({"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>"})");
    }
    static std::string python() {
        const std::string given = variable("SKD_LM_EVAL_PYTHON", "");
        if (!given.empty()) return given;
        const std::filesystem::path venv =
            std::filesystem::path(SKD_CLI).parent_path().parent_path() / "lm-eval-tasks";
        if (!std::filesystem::exists(venv / "complete")) {
            const std::string install =
                strCat("python3 -m venv '", venv.string(), "' && '", venv.string(),
                       "/bin/pip' install -q lm-eval==0.4.13 'transformers>=5' torch accelerate "
                       "&& touch '",
                       venv.string(), "/complete'");
            EXPECT_EQ(std::system(install.c_str()), 0) << install;
        }
        return (venv / "bin/python").string();
    }

    Json reference(const std::string& arguments) {
        const std::string out = (folder / "reference.json").string();
        const std::string run =
            strCat("'", python(), "' " SKD_SOURCE_DIR "/tests/bench/tasks/reference.py '",
                   (folder / "tiny").string(), "' '", (folder / "tasks").string(), "' ", arguments,
                   " > '", out, "' 2> '", (folder / "reference.err").string(), "'");
        EXPECT_EQ(std::system(run.c_str()), 0) << *readFile(folder / "reference.err");
        const auto json = parseJson(*readFile(out));
        EXPECT_TRUE(json) << json.error().message;
        return json.value_or(Json());
    }

    /// Our lines of a task, a document each.
    std::vector<Json> ours(const std::string& name, const std::string& examples) {
        const std::string file = (folder / "tasks").string() + "/" + name,
                          samples = (folder / "samples.jsonl").string();
        std::vector<std::string> arguments{"tasks",     (folder / "tiny").string(),
                                           "--task",    name + "=" + file + ".jsonl",
                                           "--dtype",   "f32",
                                           "--samples", samples,
                                           "--device",  "cpu",
                                           "--json"};
        if (examples != "0" && name != "lambada_openai")
            arguments.insert(arguments.end(), {"--few-shot", examples, "--examples",
                                               name + "=" + file + "-examples.jsonl"});
        else if (examples != "0")
            arguments.insert(arguments.end(), {"--few-shot", examples});
        const CliResult result = runCli(arguments, folder.path());
        EXPECT_EQ(result.exitCode, 0) << result.err;
        std::vector<Json> lines;
        const std::string text = readFile(samples).value_or("");
        for (const std::string_view line : splitLines(text))
            if (!line.empty()) lines.push_back(*parseJson(line));
        return lines;
    }

    void compare(const std::string& examples) {
        const Json expected = reference(strCat(
            "--documents ", variable("SKD_TASK_DOCUMENTS", "200"), " --examples ", examples,
            " --tasks hellaswag,piqa,arc_easy,arc_challenge,winogrande,openbookqa,boolq,mathqa,"
            "mmlu,lambada_openai"));
        for (const auto& [name, task] : expected["tasks"].items()) {
            const std::vector<Json> lines = ours(name, examples);
            const Json& documents = task["documents"];
            ASSERT_EQ(lines.size(), documents.size()) << name;
            double worst = 0;
            for (std::size_t i = 0; i < lines.size(); ++i) {
                const Json& theirs = documents[i]["log_likelihood"];
                ASSERT_EQ(lines[i]["log_likelihood"].size(), theirs.size()) << name << " " << i;
                for (std::size_t choice = 0; choice < theirs.size(); ++choice)
                    worst =
                        std::max(worst, std::abs(lines[i]["log_likelihood"][choice].get<double>() -
                                                 theirs[choice].get<double>()));
                for (const char* key : {"greedy", "acc", "acc_norm"})
                    if (documents[i].contains(key)) {
                        EXPECT_EQ(lines[i][key], documents[i][key]) << name << " " << i << key;
                    }
            }
            EXPECT_LT(worst, 1e-4) << name;
            RecordProperty(name + "-" + examples, formatNumber(worst, 3));
        }
    }
    const TemporaryFolder folder;
};

TEST_F(BenchTasks, EveryDocumentScoresAsInTheHarness) {
    compare("0");
}

TEST_F(BenchTasks, EveryDocumentScoresAsInTheHarnessAfterExamples) {
    compare("2");
}

}  // namespace
}  // namespace skd::test
