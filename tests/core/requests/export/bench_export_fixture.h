#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <iostream>

#include "base/files.h"
#include "base/text.h"
#include "core/requests/export/export_fixture.h"
#include "formats/safetensors_writer.h"
#include "library/model_source.h"
#include "model/files/model_loader.h"
#include "model/generation.h"

namespace skd::test {

namespace fs = std::filesystem;

/// Exports in the programs they are for: behind the label bench, for it installs transformers 5
/// and vLLM with pip and node-llama-cpp with npm. SKD_TRANSFORMERS_PYTHON and SKD_VLLM_PYTHON name
/// Pythons that have them, SKD_LLAMA_FOLDER a folder whose node_modules hold it.
class BenchExport : public testing::Test {
protected:
    void SetUp() override { setenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources", 1); }

    static std::string given(const char* name) {
        const char* value = std::getenv(name);
        return value != nullptr ? value : "";
    }
    static int shell(const std::string& command) { return std::system(command.c_str()); }

    /// A virtual environment in the build folder, kept from run to run.
    static std::string python() {
        if (const std::string own = given("SKD_TRANSFORMERS_PYTHON"); !own.empty()) return own;
        const std::string venv = SKD_BUILD_DIR "/transformers";
        if (!fs::exists(venv + "/complete")) {
            EXPECT_EQ(shell(strCat(
                          "python3 -m venv '", venv, "' && '", venv,
                          "/bin/pip' install -q 'transformers>=5,<6' torch safetensors && touch '",
                          venv, "/complete'")),
                      0);
        }
        return venv + "/bin/python";
    }
    static std::string llamaFolder() {
        if (const std::string own = given("SKD_LLAMA_FOLDER"); !own.empty()) return own;
        const std::string target = SKD_BUILD_DIR "/llama";
        if (!fs::exists(target + "/complete")) {
            EXPECT_EQ(shell(strCat("mkdir -p '", target,
                                   "' && npm install --silent --no-fund --no-audit --prefix '",
                                   target, "' node-llama-cpp@3 && touch '", target, "/complete'")),
                      0);
        }
        return target;
    }

    /// ids and our logits of a model, in a file for Python.
    fs::path expectation(const std::string& name, const Decoder& model, const at::Tensor& ids) {
        const at::Tensor logits = model.logits(ids.unsqueeze(0))[0].contiguous();
        const fs::path path = folder / (name + ".safetensors");
        const auto bytes = [](const at::Tensor& t) {
            return std::span(static_cast<const std::byte*>(t.const_data_ptr()), t.nbytes());
        };
        const std::vector<TensorOut> tensors{
            {"ids", DType::I64, ids.sizes().vec(), bytes(ids)},
            {"logits", DType::F32, logits.sizes().vec(), bytes(logits)}};
        EXPECT_TRUE(writeSafetensors(path, tensors));
        return path;
    }
    static at::Tensor fixedIds(std::int64_t vocabulary, std::int64_t length = 40) {
        return (at::arange(length) * 37 + 11).remainder(vocabulary).contiguous();
    }

    void add(const std::string& name, const fs::path& model, const Decoder& ours,
             const std::string& text = "") {
        Json one{{"folder", model.string()},
                 {"expected",
                  expectation(name, ours,
                              fixedIds(std::min<std::int64_t>(ours.config.vocabularySize, 4000)))
                      .string()}};
        if (!text.empty()) one["text"] = text;
        cases.push_back(one);
    }

    /// What transformers says of all cases; every one must load whole and agree within 1e-5.
    Json compare() {
        EXPECT_TRUE(writeFileAtomically(folder / "cases.json", dumpJson(cases)));
        const std::string command =
            strCat("cd '", folder.path().string(), "' && HF_HUB_OFFLINE=1 HF_HOME='",
                   folder.path().string(), "/hf' '", python(),
                   "' " SKD_SOURCE_DIR
                   "/tests/core/requests/export/bench_export_reference.py cases.json > result.json "
                   "2> result.err");
        EXPECT_EQ(shell(command), 0) << readFile(folder / "result.err").value_or("");
        const auto result = parseJson(readFile(folder / "result.json").value_or(""));
        EXPECT_TRUE(result) << result.error().message;
        if (!result) return Json::object();
        for (const auto& [name, one] : result->items()) {
            EXPECT_LT(one["error"].get<double>(), 1e-5) << name;
            EXPECT_LT(one["cached_error"].get<double>(), 1e-5) << name;
            for (const char* list : {"missing", "unexpected", "mismatched"})
                EXPECT_TRUE(one[list].empty())
                    << name << ": " << list << " " << dumpJson(one[list]);
            std::cout << fs::path(name).filename().string() << ": " << one["error"].get<double>()
                      << ", with a cache " << one["cached_error"].get<double>() << "\n";
        }
        EXPECT_EQ(result->size(), cases.size());
        return *result;
    }

    /// The folder of a changed model with the tokeniser of the one it comes from.
    fs::path prunedWithTokenizer(const Decoder& model, const fs::path& source,
                                 const std::string& name) {
        exported(source, ExportFormat::HfDense, ExportType::F32, folder / (name + "-base"));
        writePrunedFolder(model, folder / name);
        for (const char* file :
             {"tokenizer.json", "tokenizer_config.json", "generation_config.json"})
            if (fs::exists(folder / (name + "-base") / file))
                fs::copy_file(folder / (name + "-base") / file, folder / name / file);
        return folder / name;
    }
    static Decoder load(const fs::path& path) {
        return loadModel(path, {at::kFloat, at::kCPU})->decoder;
    }

    /// Greedy tokens of our generator, up to the end of the text, where llama.cpp's binding stops.
    static std::vector<TokenId> greedy(const Decoder& model, const std::vector<TokenId>& prompt,
                                       std::int64_t tokens, TokenId end) {
        Generator generator(model);
        std::vector<std::int64_t> ids(prompt.begin(), prompt.end());
        GenerationOptions options;
        options.tokens = tokens;
        options.stop = {end};
        const auto found = continueText(
            generator, generator.feed(at::tensor(ids, at::kLong).unsqueeze(0)), options);
        EXPECT_TRUE(found) << found.error().message;
        return found ? found->front() : std::vector<TokenId>();
    }
    Json runLlama(const Json& list) {
        EXPECT_TRUE(writeFileAtomically(folder / "llama.json", dumpJson(list)));
        fs::copy_file(SKD_SOURCE_DIR "/tests/core/requests/export/bench_export_llama.mjs",
                      folder / "bench.mjs", fs::copy_options::overwrite_existing);
        std::error_code ignored;
        fs::create_directory_symlink(fs::path(llamaFolder()) / "node_modules",
                                     folder / "node_modules", ignored);
        EXPECT_EQ(shell(strCat("cd '", folder.path().string(),
                               "' && node bench.mjs llama.json llama.out > llama.log 2>&1")),
                  0)
            << readFile(folder / "llama.log").value_or("");
        const auto result = parseJson(readFile(folder / "llama.out").value_or(""));
        EXPECT_TRUE(result) << result.error().message;
        return result ? *result : Json::array();
    }

    const TemporaryFolder folder;
    Json cases = Json::array();
};

}  // namespace skd::test
