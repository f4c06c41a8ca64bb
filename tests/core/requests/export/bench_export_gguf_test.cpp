#include <gtest/gtest.h>

#include <cmath>
#include <iostream>

#include "base/files.h"
#include "core/requests/export/bench_export_fixture.h"
#include "formats/float_codec.h"
#include "formats/gguf_file.h"
#include "prune/structure/channels.h"
#include "requests/tools.h"

namespace skd::test {
namespace {

/// GGUF exports beside llama.cpp: its tokens, and its own quantiser (libllama of the npm package).
class BenchExportGguf : public BenchExport {
protected:
    /// Heads of 64, rows that fill blocks of 256.
    static Decoder wide() {
        return tinyDecoder(11, {.vocabulary = 96,
                                .hidden = 256,
                                .intermediate = 768,
                                .layers = 10,
                                .heads = 4,
                                .keyValueHeads = 2,
                                .headDim = 64});
    }
    fs::path source(const Decoder& model, const std::string& name) {
        writePrunedFolder(model, folder / name);
        writeTinyTokenizer(folder / name);
        return folder / name;
    }
    fs::path gguf(const fs::path& from, ExportType type, const std::string& name) {
        setenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources", 1);
        ExportRequest request;
        request.model.path = from.string();
        request.format = ExportFormat::Gguf;
        request.type = type;
        request.out = folder / name;
        request.check = false;  // random weights bear no rounding to four bits
        const auto written = exportModel(request, {});
        if (!written || !*written) throw std::runtime_error("the export failed");
        const Json& record = **written;
        std::cout << name << ": " << record["weight_bytes"] << " bytes "
                  << dumpJson(record["matrix_types"]) << "\n";
        return folder / name / record["model"].get<std::string>();
    }
    /// The same file by llama.cpp's quantiser.
    fs::path theirs(const fs::path& from, int fileType, const std::string& name) {
        const fs::path out = folder / (name + "-theirs.gguf");
        const std::string bins =
            (fs::path(llamaFolder()) / "node_modules/@node-llama-cpp/linux-x64/bins/linux-x64")
                .string();
        EXPECT_EQ(shell(strCat("python3 " SKD_SOURCE_DIR
                               "/tests/core/requests/export/bench_export_quantize.py '",
                               bins, "' '", from.string(), "' '", out.string(), "' ", fileType,
                               " > '", out.string(), ".log' 2>&1")),
                  0)
            << readFile(out.string() + ".log").value_or("");
        return out;
    }
    static std::vector<float> values(const TensorView& tensor) {
        std::vector<float> out(static_cast<std::size_t>(tensor.elementCount()));
        EXPECT_TRUE(decodeFloats(tensor.type, tensor.bytes, out));
        return out;
    }
    static double squaredError(const std::vector<float>& a, const std::vector<float>& b) {
        double sum = 0;
        for (std::size_t i = 0; i < a.size(); ++i)
            sum += std::pow(static_cast<double>(a[i]) - b[i], 2);
        return sum;
    }
    /// Every tensor has the type that llama.cpp chooses, and errs no more than its own.
    static void compareTensors(const fs::path& exact, const fs::path& ours, const fs::path& other) {
        const auto f32 = GgufFile::open(exact), mine = GgufFile::open(ours),
                   its = GgufFile::open(other);
        ASSERT_TRUE(f32 && mine && its);
        double error = 0, reference = 0;
        for (const TensorView& tensor : its->tensors()) {
            const TensorView* own = mine->find(tensor.name);
            ASSERT_NE(own, nullptr) << tensor.name;
            EXPECT_STREQ(storageTypeName(own->type), storageTypeName(tensor.type)) << tensor.name;
            const std::vector<float> before = values(*f32->find(tensor.name));
            error += squaredError(values(*own), before);
            reference += squaredError(values(tensor), before);
        }
        EXPECT_EQ(its->tensors().size(), mine->tensors().size());
        EXPECT_LE(std::sqrt(error), std::sqrt(reference) * 1.001);
        std::cout << "    squared error " << error << ", llama.cpp's " << reference << "\n";
    }
    /// By how much of their range our logit of llama.cpp's token lies below that of our own where
    /// the two texts part; 0 where they do not.
    static double gapWhereTheyPart(const Decoder& model, std::vector<std::int64_t> ids,
                                   const std::vector<TokenId>& ours, const Json& theirs) {
        for (std::size_t k = 0; k < ours.size() && k < theirs.size(); ++k) {
            const auto own = static_cast<std::int64_t>(ours[k]),
                       other = theirs[k].get<std::int64_t>();
            if (own == other) {
                ids.push_back(own);
                continue;
            }
            const at::Tensor last = model.logits(at::tensor(ids, at::kLong).unsqueeze(0))[0][-1];
            const double range = (last.max() - last.min()).item<double>();
            return (last[own] - last[other]).item<double>() / range;
        }
        return ours.size() == theirs.size() ? 0 : 1;
    }
    static double perplexityOf(const fs::path& model) {
        ModelRef reference;
        reference.path = model.string();
        reference.dtype = DTypeChoice::F32;
        EvalSpec spec;
        spec.protocol = Protocol::LlamaCpp512;
        spec.maxTokens = 4096;
        const auto result = evaluateModel(reference, spec, {}, {});
        EXPECT_TRUE(result) << result.error().message;
        return result ? valueOr(*result, "ppl", 0.0) : 0;
    }
};

TEST_F(BenchExportGguf, LlamaCppGivesOurTokensOfCutModels) {
    Decoder channels = wide(), fewer = wide();
    for (const std::size_t i : {0u, 2u, 3u, 7u})
        keepChannels(channels.layers[i], at::arange(0, 768 - 101 * static_cast<std::int64_t>(i)));
    fewer.dropLayers({1, 4, 5});
    Json list = Json::array();
    std::vector<std::vector<TokenId>> ours;
    std::vector<Decoder> models;
    const auto add = [&](const Decoder& model, const std::string& name) {
        const fs::path file = gguf(source(model, name), ExportType::F32, name + "-f32");
        for (const TokenId first : {5u, 40u, 71u}) {
            const std::vector<TokenId> ids{first, 17, 3, 60, 22};
            list.push_back({{"model", file.string()}, {"ids", ids}, {"tokens", 24}});
            ours.push_back(greedy(model, ids, 24, 95));
            models.push_back(model);
        }
    };
    add(wide(), "dense");
    add(channels, "channels");
    add(fewer, "fewer");
    const Json theirs = runLlama(list);
    ASSERT_EQ(theirs.size(), ours.size());
    // llama.cpp keeps keys and values in f16: random weights have nearer ties than that.
    for (std::size_t i = 0; i < ours.size(); ++i) {
        const double gap = gapWhereTheyPart(
            models[i], list[i]["ids"].get<std::vector<std::int64_t>>(), ours[i], theirs[i]["next"]);
        EXPECT_LT(gap, 0.005) << list[i]["model"];
        std::cout << "    " << ours[i].size() << " tokens, gap " << gap << "\n";
    }
}

constexpr std::pair<ExportType, int> kQuantised[] = {{ExportType::Q4_0, 2},
                                                     {ExportType::Q4_K_M, 15},
                                                     {ExportType::Q5_K_M, 17},
                                                     {ExportType::Q6_K, 18},
                                                     {ExportType::Q8_0, 7}};

TEST_F(BenchExportGguf, TypesAndErrorsAreThoseOfLlamaQuantize) {
    Decoder channels = wide();
    for (const std::size_t i : {0u, 3u, 6u, 9u})
        keepChannels(channels.layers[i], at::arange(0, 480 + 32 * static_cast<std::int64_t>(i)));
    Decoder whole = wide();
    whole.config.tiedHead = false;
    whole.head = whole.embedding.clone();
    const std::pair<const char*, Decoder> models[] = {{"whole", whole}, {"channels", channels}};
    for (const auto& [name, model] : models) {
        const fs::path from = source(model, name);
        const fs::path exact = gguf(from, ExportType::F32, strCat(name, "-f32"));
        for (const auto& [type, number] : kQuantised) {
            const std::string both = strCat(name, "-", enumName(type));
            compareTensors(exact, gguf(from, type, both), theirs(exact, number, both));
        }
    }
}

/// SmolLM2, whose sample is stored as Q4_1: this rounds a second time, ours and theirs alike.
TEST_F(BenchExportGguf, SmolLm2WithFewerChannelsAndQuantised) {
    const fs::path sample = SKD_SOURCE_DIR "/.deps/models/SmolLM2-135M-Instruct.gguf";
    if (!fs::exists(sample)) GTEST_SKIP() << "the model is not there; packaging/setup gets it";
    Decoder model = load(sample);
    for (std::size_t i = 0; i < model.layers.size(); i += 3)
        keepChannels(model.layers[i], at::arange(0, 1536).slice(0, 0, 1536 - 16 * 20));
    const fs::path from = prunedWithTokenizer(model, sample, "smollm2");
    const fs::path exact = gguf(from, ExportType::F32, "f32");
    const auto tokenizer = openTokenizer(sample);
    const std::vector<TokenId> ids = *(*tokenizer)->encode("The capital of France is");
    const Json llama = runLlama({{{"model", exact.string()}, {"ids", ids}, {"tokens", 24}}});
    EXPECT_EQ(llama[0]["next"], Json(greedy(model, ids, 24, *(*tokenizer)->eos())));
    Json quantised = Json::array();
    const double unrounded = perplexityOf(exact);
    std::cout << "F32: perplexity " << unrounded << "\n";
    for (const auto& [type, number] : kQuantised) {
        const fs::path ours = gguf(from, type, enumName(type)),
                       its = theirs(exact, number, enumName(type));
        compareTensors(exact, ours, its);
        quantised.push_back({{"model", ours.string()}, {"ids", ids}, {"tokens", 4}});
        const double own = perplexityOf(ours), other = perplexityOf(its);
        std::cout << "    perplexity " << own << ", llama.cpp's " << other << "\n";
        EXPECT_NEAR(own / other, 1, 0.01) << enumName(type);
    }
    for (const Json& one : runLlama(quantised)) EXPECT_EQ(one["next"].size(), 4u);
}

}  // namespace
}  // namespace skd::test
