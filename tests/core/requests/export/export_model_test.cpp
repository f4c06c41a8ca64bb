#include <gtest/gtest.h>

#include "base/files.h"
#include "core/prune/direct_fixture.h"
#include "core/requests/export/export_fixture.h"
#include "formats/gguf_file.h"
#include "library/model_source.h"
#include "model/files/decoder_file.h"
#include "model/files/gguf_output.h"
#include "model/files/huggingface_output.h"
#include "model/files/model_loader.h"
#include "model/rotary.h"
#include "prune/structure/channels.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

/// What each fixture needs so that llama.cpp's fixed choices are its own.
Json expressible(const std::string& fixture) {
    if (fixture == "qwen2") return {{"use_sliding_window", false}, {"layer_types", nullptr}};
    if (fixture == "gemma3") return {{"query_pre_attn_scalar", 12}};
    return Json::object();
}

/// Every family out and in again.
class ExportFamily : public testing::TestWithParam<const char*> {
protected:
    const TemporaryFolder folder;
    const fs::path source = exportSource(folder, GetParam(), expressible(GetParam()));
};

TEST_P(ExportFamily, PrunedFolderHoldsTheSameModel) {
    exported(source, ExportFormat::Hf, ExportType::F32, folder / "out");
    EXPECT_TRUE(at::equal(logitsOf(folder / "out"), logitsOf(source)));
    EXPECT_TRUE(fs::exists(folder / "out/modeling_sparsekd.py"));
}

TEST_P(ExportFamily, DenseFolderHoldsTheSameModel) {
    exported(source, ExportFormat::HfDense, ExportType::F32, folder / "out");
    EXPECT_TRUE(at::equal(logitsOf(folder / "out"), logitsOf(source)));
    const Json config = *parseJson(*readFile(folder / "out/config.json")),
               before = *parseJson(*readFile(source / "config.json"));
    EXPECT_EQ(config["model_type"], before["model_type"]);
    EXPECT_EQ(config["architectures"], before["architectures"]);
    EXPECT_FALSE(config.contains("auto_map"));
}

TEST_P(ExportFamily, GgufHoldsTheSameModel) {
    const Json record = exported(source, ExportFormat::Gguf, ExportType::F32, folder / "out");
    const fs::path file = folder / "out" / record["model"].get<std::string>();
    // Only constants of the rotation are rounded to f32 on the way.
    EXPECT_LT(relativeError(logitsOf(file), logitsOf(source)), 1e-5);
    const auto tokenizer = openTokenizer(file);
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_EQ((*tokenizer)->encode("a b, c<|end|>").value(),
              openTokenizer(source).value()->encode("a b, c<|end|>").value());
    EXPECT_EQ((*tokenizer)->eos(), 95u);
}

/// The largest error of rounding a tensor, element by element: half a unit in the last place of f16
/// (11 bits) and bf16 (8 bits); in blocks of 32 along a row, half a step of 1/127 of the largest
/// one, with its f16 scale.
at::Tensor roundingBound(const at::Tensor& weight, ExportType type) {
    if (type != ExportType::Q8_0)
        return weight.abs() * (type == ExportType::F16 ? 0x1p-11 : 0x1p-8) + 1e-7;
    if (weight.dim() != 2 || weight.size(1) % 32 != 0) return weight.abs() * 0x1p-8 + 1e-7;
    const at::Tensor largest = weight.view({weight.size(0), -1, 32}).abs().amax(-1, true);
    return (largest / 127 * (0.5 + 127 * 0x1p-11) + 1e-7)
        .expand({-1, -1, 32})
        .reshape(weight.sizes());
}

TEST_P(ExportFamily, SmallerTypesRoundEachWeightOnce) {
    const auto before = loadModel(source, {at::kFloat, at::kCPU});
    ASSERT_TRUE(before);
    for (const ExportType type : {ExportType::F16, ExportType::Bf16, ExportType::Q8_0}) {
        const fs::path out = folder / enumName(type);
        const Json record = exported(source, ExportFormat::Gguf, type, out);
        auto after = loadModel(out / record["model"].get<std::string>(), {at::kFloat, at::kCPU});
        ASSERT_TRUE(after) << after.error().message;
        std::map<std::string, at::Tensor> stored;
        after->decoder.visitParameters(
            [&](const std::string& name, at::Tensor& tensor) { stored[name] = tensor; });
        double changed = 0;
        Decoder walk = before->decoder;
        walk.visitParameters([&](const std::string& name, at::Tensor& tensor) {
            ASSERT_EQ(stored.count(name), 1u) << name;
            const at::Tensor error = (stored[name] - tensor).abs();
            EXPECT_TRUE((error <= roundingBound(tensor, type)).all().item<bool>())
                << enumName(type) << " " << name;
            changed += error.sum().item<double>();
        });
        EXPECT_GT(changed, 0) << "nothing was rounded";
    }
}

INSTANTIATE_TEST_SUITE_P(All, ExportFamily,
                         testing::Values("llama", "llama-tied", "qwen2", "qwen3", "mistral", "phi3",
                                         "gemma3"));

TEST(ExportConfig, SlidingLayersKeepTheirTypes) {
    const TemporaryFolder folder;
    const fs::path source = exportSource(folder, "qwen2");
    exported(source, ExportFormat::HfDense, ExportType::F32, folder / "out");
    EXPECT_TRUE(at::equal(logitsOf(folder / "out"), logitsOf(source)));
    const Json config = *parseJson(*readFile(folder / "out/config.json"));
    EXPECT_EQ(config["layer_types"], (Json{"full_attention", "sliding_attention"}));
    EXPECT_EQ(config["use_sliding_window"], true);
}

TEST(ExportConfig, EveryKeySurvivesTheRoundTrip) {
    for (const char* name : {"llama", "llama-tied", "llama-transformers4", "qwen2", "qwen3",
                             "mistral", "phi3", "gemma3", "workbench"}) {
        const auto config = readModelConfig(modelFixture(name));
        ASSERT_TRUE(config) << config.error().message;
        const auto json = huggingFaceConfig(*config, DType::BF16);
        ASSERT_TRUE(json) << json.error().message;
        const auto again = parseHuggingFaceConfig(*json);
        ASSERT_TRUE(again) << again.error().message;
        EXPECT_EQ(again->weightsDType, "bfloat16");
        ModelConfig wanted = *config;
        wanted.weightsDType = again->weightsDType;
        const auto second = huggingFaceConfig(*again, DType::BF16);
        EXPECT_EQ(*second, *json) << name;
        EXPECT_EQ(again->parameterCount(), config->parameterCount()) << name;
        EXPECT_EQ(again->rope.type, config->rope.type) << name;
        EXPECT_EQ(again->rope.longFactor, config->rope.longFactor) << name;
        EXPECT_EQ(again->headDim, config->headDim) << name;
        EXPECT_EQ(again->rotaryDim(), config->rotaryDim()) << name;
        for (std::size_t i = 0; i < config->layers.size(); ++i)
            EXPECT_EQ(again->layers[i].slidingWindow, config->layers[i].slidingWindow) << name;
    }
}

TEST(ExportConfig, FindsTheParametersOfLlama3BehindGgufsTable) {
    auto config = readModelConfig(modelFixture("workbench"));
    config->rope = {};
    config->rope.theta = 500000;
    RopeConfig llama3 = config->rope;
    llama3.type = RopeType::Llama3;
    llama3.factor = 32;
    llama3.originalMaxPositions = 8192;
    const auto plain = inverseFrequencies(*config, config->rope, 1),
               scaled = inverseFrequencies(*config, llama3, 1);
    for (std::size_t i = 0; i < plain.size(); ++i)
        config->rope.frequencyDivisors.push_back(static_cast<float>(plain[i] / scaled[i]));
    const auto found = llama3Rotation(*config);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->factor, 32);
    EXPECT_EQ(found->originalMaxPositions, 8192);
    config->rope.frequencyDivisors[1] = 3;
    EXPECT_FALSE(llama3Rotation(*config));
    EXPECT_EQ(huggingFaceConfig(*config, DType::F32).error().code, ErrorCode::Unsupported);
}

// --- pruned models

class ExportPruned : public testing::TestWithParam<const char*> {
protected:
    const TemporaryFolder folder;
    static Decoder load(const fs::path& path) {
        return loadModel(path, {at::kFloat, at::kCPU})->decoder;
    }
};

TEST_P(ExportPruned, FactorsAndMasksStayInThePrunedFolder) {
    const Decoder model = factoredAndMasked(load(modelFixture(GetParam())), 6);
    writePrunedFolder(model, folder / "out");
    Decoder again = load(folder / "out"), before = model;
    EXPECT_TRUE(at::equal(logitsOf(again), logitsOf(model)));
    const auto matrices = again.matrices({true, true}), wanted = before.matrices({true, true});
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        EXPECT_EQ(matrices[i]->form().index(), wanted[i]->form().index()) << wanted[i]->name();
        EXPECT_EQ(matrices[i]->maskedZeros(), wanted[i]->maskedZeros()) << wanted[i]->name();
    }
    EXPECT_EQ(readModelConfig(folder / "out")->family, model.config.family);
}

/// What the modelling file chooses the class of a matrix by.
TEST_P(ExportPruned, TheConfigNamesTheFormOfEveryBlock) {
    Decoder model = factoredAndMasked(load(modelFixture(GetParam())), 6);
    const auto config = prunedConfig(model, DType::F32);
    ASSERT_TRUE(config) << config.error().message;
    std::size_t blocks = 0, named = 0;
    for (std::size_t i = 0; i < model.layers.size(); ++i) {
        const Json& layer = (*config)["sparsekd"]["layers"][i];
        for (const LayerMatrix& each : matricesOf(model.layers[i])) {
            if (!std::holds_alternative<IdentityBlockWeight>(each.linear->form())) continue;
            ++blocks;
            EXPECT_EQ(layer["forms"][each.name], "identity-block");
            EXPECT_EQ(layer["ranks"][each.name], 6);
        }
        named += layer.contains("forms") ? layer["forms"].size() : 0;
    }
    EXPECT_GT(blocks, 0u);
    EXPECT_EQ(named, blocks);
    EXPECT_EQ((*config)["sparsekd"]["version"], 4);
    const auto plain = prunedConfig(load(modelFixture(GetParam())), DType::F32);
    EXPECT_EQ(dumpJson(*plain).find("forms"), std::string::npos);
}

TEST_P(ExportPruned, StockWeightsAreTheProducts) {
    const Decoder model = factoredAndMasked(load(modelFixture(GetParam())), 6);
    const auto stock = stockModel(model);
    ASSERT_TRUE(stock) << stock.error().message;
    fs::create_directories(folder / "dense");
    ASSERT_TRUE(writeStockWeights(folder / "dense/model.safetensors", *stock, DType::F32));
    ASSERT_TRUE(writeFileAtomically(folder / "dense/config.json",
                                    dumpJson(*huggingFaceConfig(stock->config, DType::F32))));
    EXPECT_LT(relativeError(logitsOf(folder / "dense"), logitsOf(model)), 2e-5);
}

/// Narrow, factored and dense layers in one model, in every format and through every loader of
/// ours.
TEST_P(ExportPruned, NarrowMlpsAreFilledUpForStockClasses) {
    for (const bool joint : {false, true}) {
        Decoder model = load(modelFixture(GetParam()));
        const std::int64_t dense = model.layers[0].config.intermediateSize;
        if (joint) {
            ASSERT_TRUE(model.fuseGateUp());
        }
        keepChannels(model.layers[1], at::arange(1, dense, 3));
        const auto [u, s, v] = at::linalg_svd(model.layers[0].mlp.down.weight(), false);
        model.layers[0].mlp.down.replace(LowRankWeight{
            (u.narrow(1, 0, 6) * s.narrow(0, 0, 6)).contiguous(), v.narrow(0, 0, 6).contiguous()});
        const fs::path place = folder / (joint ? "joint" : "apart");
        writePrunedFolder(model, place / "hf");
        EXPECT_TRUE(at::equal(logitsOf(place / "hf"), logitsOf(model)));
        const auto stock = stockModel(model);
        ASSERT_TRUE(stock) << stock.error().message;
        const Json config = *huggingFaceConfig(stock->config, DType::F32);
        EXPECT_EQ(config["intermediate_size"], dense);
        fs::create_directories(place / "dense");
        ASSERT_TRUE(writeStockWeights(place / "dense/model.safetensors", *stock, DType::F32));
        ASSERT_TRUE(writeFileAtomically(place / "dense/config.json", dumpJson(config)));
        EXPECT_LT(relativeError(logitsOf(place / "dense"), logitsOf(model)), 2e-5);
        const auto fields = ggufConfigFields(stock->config);
        if (!fields) continue;  // for what else llama.cpp fixes
        ASSERT_TRUE(writeGgufModel(place / "m.gguf", *stock, GgufMix::F32, *fields, {}));
        EXPECT_LT(relativeError(logitsOf(place / "m.gguf"), logitsOf(model)), 2e-5);
    }
}

INSTANTIATE_TEST_SUITE_P(All, ExportPruned,
                         testing::Values("llama", "qwen2", "qwen3", "mistral", "phi3", "gemma3"));

TEST(ExportStructure, EveryPrunerLeavesTheProgram) {
    const Decoder dense = tinyDecoder(4, {.layers = 4});
    for (const PruneMethod method :
         {PruneMethod::LlmPruner, PruneMethod::ShortGpt, PruneMethod::SliceGpt, PruneMethod::Wanda,
          PruneMethod::SparseGpt}) {
        const TemporaryFolder folder;
        const Decoder model = pruned(dense, pruneSpec(method, 0.25), tinyCalibration()).model;
        writePrunedFolder(model, folder / "out");
        EXPECT_TRUE(at::equal(logitsOf(folder / "out"), logitsOf(model))) << enumName(method);
    }
}

TEST(ExportStructure, FewerLayersAreAStockModel) {
    const Decoder model = pruned(tinyDecoder(4, {.layers = 4}),
                                 pruneSpec(PruneMethod::ShortGpt, 0.25), tinyCalibration())
                              .model;
    const auto stock = stockModel(model);
    ASSERT_TRUE(stock) << stock.error().message;
    EXPECT_EQ((*huggingFaceConfig(stock->config, DType::F32))["num_hidden_layers"], 3);
}

TEST(ExportStructure, StockClassesRefuseWhatTheyHaveNoPlaceFor) {
    const Decoder dense = tinyDecoder(4, {.layers = 4});
    const auto sliced =
        stockModel(pruned(dense, pruneSpec(PruneMethod::SliceGpt, 0.25), tinyCalibration()).model);
    ASSERT_FALSE(sliced);
    EXPECT_EQ(sliced.error().code, ErrorCode::Unsupported);
    EXPECT_NE(sliced.error().message.find("SliceGPT"), std::string::npos);
    EXPECT_NE(sliced.error().message.find("--format hf"), std::string::npos);
}

TEST(ExportStructure, FusedGateAndUpComeApartForTheFamilysOwnClass) {
    Decoder model = tinyDecoder(6);
    const at::Tensor before = logitsOf(model);
    ASSERT_TRUE(model.fuseGateUp());
    const TemporaryFolder folder;
    writePrunedFolder(model, folder / "out");
    EXPECT_TRUE(at::equal(logitsOf(folder / "out"), logitsOf(model)));
    const auto stock = stockModel(model);
    fs::create_directories(folder / "dense");
    ASSERT_TRUE(writeStockWeights(folder / "dense/model.safetensors", *stock, DType::F32));
    ASSERT_TRUE(writeFileAtomically(folder / "dense/config.json",
                                    dumpJson(*huggingFaceConfig(stock->config, DType::F32))));
    EXPECT_LT(relativeError(logitsOf(folder / "dense"), before), 1e-6);
}

TEST(ExportGguf, RefusesWhatLlamaCppFixes) {
    const auto refusal = [](const char* fixture) {
        const auto fields = ggufConfigFields(*readModelConfig(modelFixture(fixture)));
        return fields ? std::string() : fields.error().message;
    };
    EXPECT_NE(refusal("qwen2").find("layer 0 sees all"), std::string::npos) << refusal("qwen2");
    EXPECT_NE(refusal("gemma3").find("scores are divided"), std::string::npos) << refusal("gemma3");
    ModelConfig dynamic = *readModelConfig(modelFixture("workbench"));
    dynamic.rope.type = RopeType::Dynamic;
    EXPECT_EQ(ggufConfigFields(dynamic).error().code, ErrorCode::Unsupported);
    dynamic.family = Family::Mistral;
    dynamic.rope.type = RopeType::Default;
    EXPECT_EQ(std::get<std::string>(ggufConfigFields(dynamic)->front().value), "llama");
}

}  // namespace
}  // namespace skd::test
