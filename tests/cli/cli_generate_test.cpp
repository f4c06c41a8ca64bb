#include <gtest/gtest.h>

#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "base/files.h"
#include "base/text.h"
#include "cli/cli_runner.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

class CliGenerate : public testing::Test {
protected:
    void SetUp() override {
        tiny = (folder / "tiny").string();
        std::filesystem::copy(std::string(SKD_FIXTURES) + "/models/workbench", tiny);
        folder.write("tiny/tokenizer_config.json",
                     R"({"bos_token": "<|im_start|>", "chat_template": "<|im_start|><|im_end|>"})");
    }
    CliResult call(std::vector<std::string> arguments) { return runCli(arguments, folder.path()); }
    Json json(std::vector<std::string> arguments) {
        arguments.push_back("--json");
        const CliResult result = call(arguments);
        EXPECT_EQ(result.exitCode, 0) << result.err;
        return result.json();
    }
    const TemporaryFolder folder;
    std::string tiny;
};

TEST_F(CliGenerate, WritesTheTextAndNothingElse) {
    const std::vector<std::string> ask{"generate", tiny, "--prompt",    "The capital of France is",
                                       "--tokens", "12", "--ignore-eos"};
    const Json result = json(ask);
    EXPECT_EQ(call(ask).out, result["answers"][0]["text"].get<std::string>() + "\n");
    EXPECT_EQ(result["answers"][0]["ids"].size(), 12u);
    EXPECT_GT(result["ttft_ms"].get<double>(), 0);
    EXPECT_GT(result["tpot_ms"].get<double>(), 0);
}

TEST_F(CliGenerate, AnswersAreNumberedAndFixedByTheSeed) {
    const std::vector<std::string> ask{
        "generate", tiny, "--chat",    "Hello", "--system",      "Be short.",
        "--tokens", "5",  "--answers", "3",     "--temperature", "0.9",
        "--top-k",  "20", "--top-p",   "0.9",   "--seed",        "4"};
    const CliResult text = call(ask);
    EXPECT_EQ(text.exitCode, 0) << text.err;
    for (const char* number : {"1: ", "2: ", "3: "})
        EXPECT_NE(text.out.find(number), std::string::npos) << text.out;
    EXPECT_EQ(json(ask)["answers"], json(ask)["answers"]);
}

TEST_F(CliGenerate, WrongInputIsTold) {
    EXPECT_EQ(call({"generate", tiny}).exitCode, 2);
    EXPECT_EQ(call({"generate", tiny, "--prompt", "a", "--chat", "b"}).exitCode, 2);
    EXPECT_EQ(call({"generate", tiny, "--prompt", "a", "--system", "b"}).exitCode, 2);
    EXPECT_EQ(call({"generate", tiny, "--prompt", "a", "--against", "nothing"}).exitCode, 2);
    EXPECT_EQ(call({"generate", tiny, "--prompt", "a", "--tokens", "0"}).exitCode, 2);
    EXPECT_EQ(call({"benchmark"}).exitCode, 2);
    EXPECT_EQ(call({"benchmark", tiny, tiny, "--break-even"}).exitCode, 2);
    EXPECT_EQ(call({"benchmark", tiny, "--prompt", "500"}).exitCode, 2);
}

TEST_F(CliGenerate, InterruptEndsItWith130) {
    const int child = startCli({"generate", tiny, "--prompt", "Once", "--tokens", "1000000",
                                "--ignore-eos", "--threads", "1"},
                               folder.path());
    // Only once text comes is there something to interrupt.
    const auto out = std::filesystem::path(folder.path()) / "cli.out";
    for (int i = 0; i < 600; ++i) {
        std::error_code error;
        if (std::filesystem::exists(out, error) && std::filesystem::file_size(out, error) > 0)
            break;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    kill(child, SIGINT);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 130);
    const auto text = readFile(out);
    ASSERT_TRUE(text);
    EXPECT_TRUE(isValidUtf8(*text));
    EXPECT_TRUE(text->ends_with("\n"));
}

TEST_F(CliGenerate, BenchmarkGivesTableVII) {
    const std::vector<std::string> time{"benchmark", tiny,       tiny, "--batch",
                                        "1,2",       "--prompt", "8",  "--generate",
                                        "3",         "--rounds", "2"};
    const Json result = json(time);
    ASSERT_EQ(result["models"].size(), 2u);
    for (const Json& model : result["models"]) {
        EXPECT_GT(model["parameters"].get<long long>(), 0);
        ASSERT_EQ(model["batches"].size(), 2u);
        EXPECT_EQ(model["batches"][1]["batch"], 2);
        for (const Json& cell : model["batches"])
            EXPECT_GT(cell["decode_tokens_per_second"].get<double>(), 0);
    }
    EXPECT_EQ(result["models"][0]["batches"][0]["prefill_speedup"]["median"], 1.0);
    EXPECT_GT(result["read_bandwidth"]["median"].get<double>(), 0);
    const CliResult table = call(time);
    for (const char* word : {"TTFT", "TPOT", "memory", "GB/s", "quartiles"})
        EXPECT_NE(table.out.find(word), std::string::npos) << table.out;
}

TEST_F(CliGenerate, BreakEvenIsMeasuredOnce) {
    const std::vector<std::string> ask{"benchmark",
                                       tiny,
                                       "--break-even",
                                       "--batch",
                                       "1,4",
                                       "--workspace",
                                       (folder / "w.sqlite").string()};
    const Json first = json(ask), second = json(ask);
    ASSERT_EQ(first["shapes"].size(), 4u);
    EXPECT_EQ(first, second) << "kept in the workspace";
    for (const Json& shape : first["shapes"]) EXPECT_EQ(shape["parameter_break_even"], 32);
    std::vector<std::string> anew = ask;
    anew.push_back("--anew");
    EXPECT_NE(json(anew)["shapes"], first["shapes"]);
    EXPECT_NE(call(ask).out.find("faster up to rank"), std::string::npos);
}

}  // namespace
}  // namespace skd::test
