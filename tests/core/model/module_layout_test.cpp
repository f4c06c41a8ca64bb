#include "model/files/module_layout.h"

#include <gtest/gtest.h>

#include <map>

#include "core/model/tiny_model.h"
#include "formats/safetensors_file.h"
#include "formats/safetensors_writer.h"
#include "model/files/decoder_file.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

LowRankWeight factorsOf(const at::Tensor& weight, std::int64_t rank) {
    const auto [u, s, v] = at::linalg_svd(weight, false);
    return {(u.narrow(1, 0, rank) * s.narrow(0, 0, rank)).contiguous(),
            v.narrow(0, 0, rank).contiguous()};
}

std::map<std::string, at::Tensor> modulesOf(const Decoder& decoder) {
    std::map<std::string, at::Tensor> found;
    for (const NamedTensor& each : moduleTensors(decoder))
        EXPECT_TRUE(found.emplace(each.name, each.tensor).second) << each.name;
    return found;
}

Decoder stackedModel() {
    Decoder model = tinyDecoder(7);
    EXPECT_TRUE(model.fuseGateUp());
    Linear& stacked = model.layers[0].mlp.gateUp;
    stacked.replace(factorsOf(stacked.weight(), 5));
    return model;
}

TEST(ModuleLayout, FactorsAreModulesOfTheirOwn) {
    Decoder model = tinyDecoder(6);
    Linear& down = model.layers[0].mlp.down;
    const LowRankWeight factors = factorsOf(down.weight(), 5);
    down.replace(factors);
    const auto found = modulesOf(model);
    EXPECT_TRUE(at::equal(found.at("model.layers.0.mlp.down_proj.a.weight"), factors.a));
    EXPECT_TRUE(at::equal(found.at("model.layers.0.mlp.down_proj.b.weight"), factors.b));
    EXPECT_FALSE(found.contains("model.layers.0.mlp.down_proj.weight"));
    EXPECT_TRUE(found.contains("model.layers.1.mlp.down_proj.weight"));
}

/// gate x = A_gate (B x), up x = A_up (B x): B is stored once.
TEST(ModuleLayout, StackedGateAndUpShareTheirFirstFactor) {
    const Decoder model = stackedModel();
    const auto found = modulesOf(model);
    const std::string prefix = "model.layers.0.mlp.";
    const at::Tensor whole = model.layers[0].mlp.gateUp.weight(),
                     shared = found.at(prefix + "shared_proj.weight"),
                     product = at::cat({at::mm(found.at(prefix + "gate_proj.weight"), shared),
                                        at::mm(found.at(prefix + "up_proj.weight"), shared)});
    EXPECT_LT(relativeError(product, whole), 1e-6);
    std::int64_t stored = 0;
    for (const auto& [name, tensor] : found) stored += tensor.numel();
    EXPECT_EQ(stored, model.parameterCount());
    EXPECT_TRUE(found.contains("model.layers.1.mlp.gate_proj.weight")) << "a dense one comes apart";
}

TEST(ModuleLayout, StackedGateAndUpComeBackAsOne) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "m.safetensors";
    const Decoder model = stackedModel();
    ASSERT_TRUE(writePlainDecoder(path, model, {}));
    const auto read = readDecoder(path, {at::kFloat, at::kCPU});
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->model.weightsSha256, weightsSha256(model));
}

TEST(ModuleLayout, HalvesThatDoNotFitAreNamed) {
    const TemporaryFolder folder;
    const auto good = folder.path() / "good.safetensors", bad = folder.path() / "bad.safetensors";
    ASSERT_TRUE(writePlainDecoder(good, stackedModel(), {}));
    const auto file = SafetensorsFile::open(good);
    ASSERT_TRUE(file);
    for (const std::string part : {"shared_proj", "gate_proj", "up_proj"})
        for (const bool turned : {false, true}) {
            std::vector<TensorOut> tensors;
            for (const TensorView& view : file->tensors()) {
                TensorOut out{view.name, view.type, view.shape, view.bytes};
                const bool chosen = view.name == "model.layers.0.mlp." + part + ".weight";
                if (chosen && turned) std::swap(out.shape[0], out.shape[1]);
                if (!chosen || turned) tensors.push_back(out);
            }
            ASSERT_TRUE(writeSafetensors(bad, tensors, file->metadata()));
            const auto read = readDecoder(bad, {at::kFloat, at::kCPU});
            ASSERT_FALSE(read) << part;
            EXPECT_EQ(read.error().code, ErrorCode::Corrupt) << read.error().message;
        }
}

}  // namespace
}  // namespace skd::test
