#include <gtest/gtest.h>

#include <cmath>

#include "model/head_scoring.h"

namespace skd::test {
namespace {

/// More rows than logits are held for at a time.
TEST(OutputDistribution, DivergencesOfTokensEqualTheDefinition) {
    at::manual_seed(3);
    const at::Tensor head = at::randn({50, 8}), a = at::randn({kHeadChunk + 44, 8}),
                     b = a + 0.3 * at::randn(a.sizes());
    const auto logp = [&](const at::Tensor& hidden) {
        return at::log_softmax(at::mm(hidden.to(at::kDouble), head.to(at::kDouble).t()), -1);
    };
    const at::Tensor expected = (logp(a).exp() * (logp(a) - logp(b))).sum(-1);
    const OutputDistribution from(a, head);
    const std::vector<double> kl = from.tokenKl(b, head);
    ASSERT_EQ(static_cast<std::int64_t>(kl.size()), a.size(0));
    double sum = 0;
    for (std::size_t i = 0; i < kl.size(); ++i) {
        const double value = expected[static_cast<std::int64_t>(i)].item<double>();
        EXPECT_NEAR(kl[i], value, 1e-4 * value + 1e-5) << i << ": products in f32";
        sum += kl[i];
    }
    EXPECT_EQ(from.meanKl(b, head), sum / static_cast<double>(kl.size()));
}

}  // namespace
}  // namespace skd::test
