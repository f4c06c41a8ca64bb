#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/model/tiny_model.h"
#include "formats/safetensors_file.h"
#include "formats/safetensors_writer.h"
#include "model/files/decoder_file.h"
#include "model/files/stock_model.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

/// Ranks from 1 to as many as there are rows; one with a bias.
Decoder blockModel() {
    at::manual_seed(50);
    Decoder model = tinyDecoder(51);
    std::size_t turn = 0;
    for (Linear* linear : model.matrices()) {
        const std::int64_t ranks[] = {1, 20, 32};
        linear->replace(randomBlock(linear->rows(), linear->columns(), ranks[turn++ % 3]));
    }
    return model;
}

at::Tensor blockLogits(const Decoder& model) {
    const c10::NoGradGuard noGradient;
    return model.logits(at::arange(20).unsqueeze(0));
}

std::int64_t versionOf(const std::filesystem::path& path) {
    const auto file = SafetensorsFile::open(path);
    EXPECT_TRUE(file);
    const Json json = *parseJson(file->metadata().at("sparsekd"));
    return json["version"].get<std::int64_t>();
}

TEST(IdentityBlockFile, ComesBackBitEqualInASecondVersion) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "m.safetensors";
    const Decoder model = blockModel();
    for (const bool plain : {false, true}) {
        ASSERT_TRUE(plain ? writePlainDecoder(path, model, {}) : writeDecoder(path, model, {}));
        EXPECT_EQ(versionOf(path), plain ? 4 : 2);
        const auto read = readDecoder(path, {at::kFloat, at::kCPU});
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_TRUE(at::equal(blockLogits(read->model.decoder), blockLogits(model)));
        EXPECT_EQ(read->model.decoder.parameterCount(), model.parameterCount());
        EXPECT_EQ(read->model.weightsSha256, weightsSha256(model));
        const Linear& down = read->model.decoder.layers[0].mlp.down;
        ASSERT_TRUE(std::holds_alternative<IdentityBlockWeight>(down.form()));
        EXPECT_EQ(down.rank(), 32);
    }
}

TEST(IdentityBlockFile, ModelsWithoutBlocksStayInTheFirstVersion) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "m.safetensors";
    ASSERT_TRUE(writeDecoder(path, tinyDecoder(51), {}));
    EXPECT_EQ(versionOf(path), 1);
}

TEST(IdentityBlockFile, TheOrderIsPartOfTheIdentity) {
    Decoder model = blockModel();
    const std::string before = weightsSha256(model);
    Linear& gate = model.layers[0].mlp.gate;
    const auto& block = std::get<IdentityBlockWeight>(gate.form());
    at::Tensor order = block.order.clone();
    // Rank 1: row 0 is kept instead of the one that was.
    order.copy_(at::arange(order.numel()).to(at::kInt));
    if (at::equal(order, block.order)) order.copy_(order.flip(0).roll(1));
    gate.replace(IdentityBlockWeight{block.c, block.b, order});
    EXPECT_NE(weightsSha256(model), before);
}

TEST(IdentityBlockFile, DamagedBlocksAreNamed) {
    const TemporaryFolder folder;
    const auto good = folder.path() / "good.safetensors", bad = folder.path() / "bad.safetensors";
    ASSERT_TRUE(writeDecoder(good, blockModel(), {}));
    const auto file = SafetensorsFile::open(good);
    ASSERT_TRUE(file);
    const std::string name = "model.layers.0.mlp.up_proj";
    std::vector<std::int32_t> order(48);
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int32_t>(47 - i);
    const auto refuses = [&](const std::string& part, const auto& edit) {
        std::vector<TensorOut> tensors;
        for (const TensorView& view : file->tensors()) {
            TensorOut out{view.name, view.type, view.shape, view.bytes};
            if (view.name != name + part || edit(out)) tensors.push_back(out);
        }
        EXPECT_TRUE(writeSafetensors(bad, tensors, file->metadata()));
        const auto read = readDecoder(bad, {at::kFloat, at::kCPU});
        return !read && read.error().code == ErrorCode::Corrupt &&
               read.error().message.find("up_proj") != std::string::npos;
    };
    for (const char* part : {".order", ".b", ".c"})
        EXPECT_TRUE(refuses(part, [](TensorOut&) { return false; })) << part << " is missing";
    EXPECT_TRUE(refuses(".order", [&](TensorOut& out) {
        out.bytes = std::as_bytes(std::span<const std::int32_t>(order));
        return true;
    })) << "rows in no order";
    EXPECT_TRUE(refuses(".c", [](TensorOut& out) {
        std::swap(out.shape[0], out.shape[1]);
        return true;
    }));
}

/// What hf-dense and GGUF write: the matrices multiplied out.
TEST(IdentityBlockFile, StockModelsHoldTheWholeMatrices) {
    Decoder model = blockModel();
    const auto stock = stockModel(model);
    ASSERT_TRUE(stock) << stock.error().message;
    for (const Linear* linear : model.matrices()) {
        const auto found =
            std::ranges::find(stock->tensors, linear->name() + ".weight", &StockTensor::name);
        ASSERT_NE(found, stock->tensors.end()) << linear->name();
        const auto& block = std::get<IdentityBlockWeight>(linear->form());
        const at::Tensor b = block.b.to(at::kDouble);
        const at::Tensor whole =
            at::cat({b, at::mm(block.c.to(at::kDouble), b)}).index_select(0, block.order);
        EXPECT_LT(relativeError(found->values().to(at::kDouble), whole), 1e-5) << linear->name();
    }
}

}  // namespace
}  // namespace skd::test
