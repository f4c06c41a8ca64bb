#include <gtest/gtest.h>

#include "core/model/tiny_model.h"
#include "model/files/model_loader.h"

namespace skd::test {
namespace {

Decoder fixture(const char* name) {
    const auto loaded = loadModel(modelFixture(name), {at::kFloat, at::kCPU});
    EXPECT_TRUE(loaded) << name;
    return loaded ? loaded->decoder : Decoder{};
}

/// Logits, and the gradient of their weighted sum for every parameter by name.
std::pair<at::Tensor, std::map<std::string, at::Tensor>> run(Decoder& model) {
    model.visitParameters(
        [](const std::string&, at::Tensor& tensor) { tensor.requires_grad_(true); });
    const at::Tensor logits = model.logits((at::arange(24) * 31 % 96).unsqueeze(0));
    (logits * at::linspace(-1, 1, logits.numel()).view(logits.sizes())).sum().backward();
    std::map<std::string, at::Tensor> gradients;
    model.visitParameters(
        [&](const std::string& name, at::Tensor& tensor) { gradients[name] = tensor.grad(); });
    return {logits.detach(), gradients};
}

/// Gate and up as one matrix are the same function with the same gradients.
class FuseGateUp : public testing::TestWithParam<const char*> {};

TEST_P(FuseGateUp, ChangesNeitherLogitsNorGradients) {
    Decoder plain = fixture(GetParam()), fused = plain.clone();
    ASSERT_TRUE(fused.fuseGateUp());
    EXPECT_EQ(fused.parameterCount(), plain.parameterCount());
    EXPECT_EQ(fused.matrixInfos().size(), plain.layers.size() * 2);
    const auto [logits, gradients] = run(plain);
    const auto [fusedLogits, fusedGradients] = run(fused);
    EXPECT_LT(relativeError(fusedLogits, logits), 1e-6);
    int pairs = 0;
    for (const auto& [name, gradient] : fusedGradients) {
        const std::size_t at = name.find("gate_up_proj");
        if (at == std::string::npos) {
            EXPECT_LT(relativeError(gradient, gradients.at(name)), 2e-5) << name;
            continue;
        }
        const std::string head = name.substr(0, at),
                          tail = name.substr(at + std::string("gate_up_proj").size());
        EXPECT_LT(relativeError(gradient, at::cat({gradients.at(head + "gate_proj" + tail),
                                                   gradients.at(head + "up_proj" + tail)})),
                  2e-5)
            << name;
        ++pairs;
    }
    EXPECT_GE(pairs, static_cast<int>(plain.layers.size()));
    ASSERT_TRUE(fused.fuseGateUp());  // once more changes nothing
    EXPECT_EQ(fused.matrixInfos().size(), plain.layers.size() * 2);
}

INSTANTIATE_TEST_SUITE_P(Families, FuseGateUp, testing::Values("phi3", "llama", "gemma3"));

TEST(FuseGateUp, KeepsMasks) {
    Decoder plain = fixture("phi3");
    Linear& gate = plain.layers[1].mlp.gate;
    const at::Tensor mask = at::rand({gate.rows(), gate.columns()}) > 0.5;
    gate.replace(MaskedWeight{gate.weight() * mask, mask});
    Decoder fused = plain.clone();
    ASSERT_TRUE(fused.fuseGateUp());
    EXPECT_EQ(fused.mlpParameterCount(), plain.mlpParameterCount());
    EXPECT_EQ(fused.layers[1].mlp.gateUp.maskedZeros(), gate.maskedZeros());
    EXPECT_TRUE(fused.layers[0].mlp.gateUp.isDense());
    EXPECT_LT(relativeError(run(fused).first, run(plain).first), 1e-6);
}

TEST(FuseGateUp, RefusesFactors) {
    Decoder model = fixture("llama");
    Linear& up = model.layers[1].mlp.up;
    up.replace(LowRankWeight{at::randn({up.rows(), 3}), at::randn({3, up.columns()})});
    const Status status = model.fuseGateUp();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::InvalidInput);
    EXPECT_NE(status.error().message.find("model.layers.1.mlp.up_proj is factored"),
              std::string::npos)
        << status.error().message;
    EXPECT_TRUE(model.layers[0].mlp.gate.isDefined());  // nothing was changed
}

}  // namespace
}  // namespace skd::test
