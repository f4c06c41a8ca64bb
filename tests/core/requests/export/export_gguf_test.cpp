#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/files.h"
#include "base/text.h"
#include "core/requests/export/export_fixture.h"
#include "formats/gguf_file.h"
#include "model/files/model_loader.h"
#include "prune/structure/channels.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

/// What leaves for llama.cpp of models that have been cut, and in quantised types.
class ExportForLlamaCpp : public testing::Test {
protected:
    /// A llama of `hidden` values in four layers, with as many channels as `widths` says.
    static Decoder cut(const std::vector<std::int64_t>& widths, std::int64_t hidden = 64) {
        Decoder model = tinyDecoder(4, {.vocabulary = 96,
                                        .hidden = hidden,
                                        .intermediate = 2 * hidden,
                                        .layers = 4,
                                        .heads = 4,
                                        .keyValueHeads = 2,
                                        .headDim = hidden / 4});
        for (std::size_t i = 0; i < widths.size(); ++i)
            keepChannels(model.layers[i], at::arange(0, widths[i]));
        return model;
    }
    fs::path source(const Decoder& model) const {
        const fs::path path = folder / "source";
        writePrunedFolder(model, path);
        writeTinyTokenizer(path);
        return path;
    }
    struct Written {
        Json record;
        fs::path file;
    };
    Written written(const Decoder& model, ExportType type) const {
        fs::remove_all(folder / "source");
        const fs::path out = folder / enumName(type);
        fs::remove_all(out);
        Json record = exported(source(model), ExportFormat::Gguf, type, out);
        return {record, out / record["model"].get<std::string>()};
    }
    static std::string gain(const Written& one) { return one.record["gain"]; }
    const TemporaryFolder folder;
};

TEST_F(ExportForLlamaCpp, WidthsOfLayersStayAndAreSaid) {
    const Decoder model = cut({128, 96, 40, 64});
    const Written one = written(model, ExportType::F32);
    EXPECT_LT(relativeError(logitsOf(one.file), logitsOf(model)), 1e-5);
    EXPECT_EQ(GgufFile::open(one.file)->architecture(), "deci");
    const std::int64_t saved = 4 * 3 * 64 * (32 + 88 + 64);
    const Written dense = written(cut({}), ExportType::F32);
    // Headers differ by the arrays, a padding apart.
    EXPECT_NEAR(
        dense.record["weight_bytes"].get<double>() - one.record["weight_bytes"].get<double>(),
        static_cast<double>(saved), 512);
    EXPECT_NE(gain(one).find("keep the width of their layer"), std::string::npos) << gain(one);
    EXPECT_EQ(gain(dense), "");
    EXPECT_EQ(dense.record["matrix_types"], (Json{{"F32", 4 * 7 + 1}}));
    const std::string card = *readFile(one.file.parent_path() / "README.md");
    EXPECT_NE(card.find("| types of matrices | 29 F32 |"), std::string::npos) << card;
}

TEST_F(ExportForLlamaCpp, FactorsAndMasksSaveNothingAndThatIsSaid) {
    const Decoder model = factoredAndMasked(cut({128, 96, 40, 64}), 6);
    const Written one = written(model, ExportType::F32);
    EXPECT_LT(relativeError(logitsOf(one.file), logitsOf(model)), 2e-5);
    for (const char* part : {"Factored matrices are multiplied out", "--format hf",
                             "keep the width of their layer", "Masked weights are stored as zeros"})
        EXPECT_NE(gain(one).find(part), std::string::npos) << part << ": " << gain(one);
    EXPECT_EQ(gain(one).find("filled up,"), std::string::npos) << gain(one);
}

TEST_F(ExportForLlamaCpp, FewerLayersAreFewerBlocks) {
    Decoder model = cut({});
    model.dropLayers({1, 2});
    const Written one = written(model, ExportType::F32);
    EXPECT_LT(relativeError(logitsOf(one.file), logitsOf(model)), 1e-5);
    const auto file = GgufFile::open(one.file);
    EXPECT_EQ(*file->metadata().integer("llama.block_count"), 2);
    EXPECT_EQ(file->find("blk.2.attn_q.weight"), nullptr);
}

/// Root mean square of the weights' errors, relative to that of the weights.
double weightError(const fs::path& file, const Decoder& model) {
    const auto read = loadModel(file, {at::kFloat, at::kCPU});
    EXPECT_TRUE(read) << read.error().message;
    if (!read) return 1;
    std::map<std::string, at::Tensor> wanted;
    Decoder reference = model, stored = read->decoder;
    reference.visitParameters(
        [&](const std::string& name, at::Tensor& tensor) { wanted[name] = tensor; });
    double errors = 0, squares = 0;
    stored.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        errors += (tensor - wanted.at(name)).square().sum().item<double>();
        squares += wanted.at(name).square().sum().item<double>();
    });
    return std::sqrt(errors / squares);
}

/// Each type has to be better than the one before it.
TEST_F(ExportForLlamaCpp, QuantisedTypesLoadAndErrByTheirBits) {
    const Decoder model = cut({512, 256, 320, 100}, 256);
    const struct {
        ExportType type;
        std::int64_t number;
        const char* layer;  ///< of what most matrices are
    } types[] = {{ExportType::Q4_0, 2, "Q4_0"},
                 {ExportType::Q4_K_M, 15, "Q4_K"},
                 {ExportType::Q5_K_M, 17, "Q5_K"},
                 {ExportType::Q6_K, 18, "Q6_K"},
                 {ExportType::Q8_0, 7, "Q8_0"}};
    double before = 0.2, bytes = 0;
    for (const auto& one : types) {
        const Written quantised = written(model, one.type);
        const auto file = GgufFile::open(quantised.file);
        ASSERT_TRUE(file) << file.error().message;
        EXPECT_EQ(*file->metadata().integer("general.file_type"), one.number);
        EXPECT_EQ(*file->metadata().integer("general.quantization_version"), 2);
        EXPECT_STREQ(storageTypeName(file->find("blk.1.attn_q.weight")->type), one.layer);
        const double error = weightError(quantised.file, model),
                     size = quantised.record["weight_bytes"].get<double>();
        EXPECT_LT(error, before) << one.layer;
        EXPECT_GT(size, bytes) << one.layer;
        before = error;
        bytes = size;
        std::map<std::string, std::int64_t> counted;
        for (const TensorView& tensor : file->tensors())
            if (tensor.shape.size() == 2) ++counted[storageTypeName(tensor.type)];
        EXPECT_EQ(quantised.record["matrix_types"], Json(counted));
        EXPECT_EQ(counted["F16"], 1) << "rows of 100 fill no blocks";
        const bool large = one.type != ExportType::Q4_0 && one.type != ExportType::Q8_0;
        EXPECT_NE(gain(quantised).find(large ? "2 matrices whose rows" : "1 matrices whose rows"),
                  std::string::npos)
            << gain(quantised);
        EXPECT_NE(quantised.file.filename().string().find(one.layer), std::string::npos);
    }
    EXPECT_LT(before, 0.01) << "eight bits";
}

TEST_F(ExportForLlamaCpp, ASourceThatIsRoundedAlreadyIsSaid) {
    const Written once = written(cut({}, 256), ExportType::Q4_K_M);
    EXPECT_EQ(gain(once), "");
    const Json twice = exported(once.file, ExportFormat::Gguf, ExportType::Q6_K, folder / "twice");
    EXPECT_NE(twice["gain"].get<std::string>().find("came as Q4_K and are rounded a second time"),
              std::string::npos)
        << twice["gain"];
}

TEST_F(ExportForLlamaCpp, WidthsThatLlamaCppDoesNotReadAreRefused) {
    const fs::path dense = exportSource(folder, "qwen3");
    auto model = loadModel(dense, {at::kFloat, at::kCPU});
    ASSERT_TRUE(model);
    keepChannels(model->decoder.layers[1], at::arange(0, 16));
    ExportRequest request;
    request.model.path = source(model->decoder).string();
    request.format = ExportFormat::Gguf;
    request.out = folder / "out";
    const Error error = exportError(request);
    EXPECT_EQ(error.code, ErrorCode::Unsupported);
    for (const char* part : {"not for qwen3", "--format hf", "different widths"})
        EXPECT_NE(error.message.find(part), std::string::npos) << error.message;
}

TEST_F(ExportForLlamaCpp, QuantisedTypesAreForGgufAlone) {
    ExportRequest request;
    request.model.path = source(cut({})).string();
    request.out = folder / "out";
    request.type = ExportType::Q4_K_M;
    EXPECT_NE(exportError(request).message.find("q4_k_m is a type of GGUF files"),
              std::string::npos);
}

}  // namespace
}  // namespace skd::test
