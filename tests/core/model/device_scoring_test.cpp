#include "model/device_scoring.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/model/tiny_model.h"
#include "model/elements.h"

namespace skd::test {
namespace {

struct Rows {
    at::Tensor hidden, head, labels;
};

Rows randomRows(std::int64_t tokens) {
    at::manual_seed(11);
    return {at::randn({tokens, 24}), at::randn({200, 24}),
            at::randint(0, 200, {tokens}, at::kLong)};
}

}  // namespace

// What an accelerator computes, run on the CPU, against the CPU's own passes. f32 sums of 200
// terms: 1e-5.

TEST(DeviceScoring, LossesEqualTheKernel) {
    Rows rows = randomRows(37);
    rows.labels[3] = kIgnoredLabel;
    const at::Tensor expected = scoreTokens(rows.hidden, rows.head, rows.labels);
    for (const std::int64_t chunk : {5, 37, 1000}) {
        const at::Tensor losses = device::tokenLosses(rows.hidden, rows.head, rows.labels, chunk);
        EXPECT_EQ(losses.scalar_type(), at::kDouble);
        EXPECT_LT(relativeError(losses, expected), 1e-5);
        EXPECT_EQ(losses[3].item<double>(), 0);
    }
}

TEST(DeviceScoring, ScoresOfRowsEqualTheKernel) {
    const Rows rows = randomRows(9);
    at::Tensor logits = at::mm(rows.hidden, rows.head.t());
    logits[2].fill_(0.5);  // all equal: the lowest id is the top
    const std::vector<TokenScore> expected = scoreLogits(logits, rows.labels);
    const at::Tensor fields = device::rowScores(logits, rows.labels).contiguous();
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const TokenScore score = device::tokenScore(fields.const_data_ptr<double>() + 4 * i);
        EXPECT_NEAR(score.nll, expected[i].nll, 1e-5 * (1 + expected[i].nll));
        EXPECT_NEAR(score.confidence, expected[i].confidence, 1e-5);
        EXPECT_NEAR(score.entropy, expected[i].entropy, 1e-5 * (1 + expected[i].entropy));
        EXPECT_EQ(score.top, expected[i].top);
    }
}

TEST(DeviceScoring, CrossEntropiesMakeTheDivergence) {
    const Rows rows = randomRows(8);
    const at::Tensor other = rows.hidden + at::randn_like(rows.hidden) * 0.1;
    const OutputDistribution from(rows.hidden, rows.head);
    const std::vector<double> expected = from.tokenKl(other, rows.head);
    const at::Tensor logP = at::log_softmax(at::mm(rows.hidden, rows.head.t()), -1);
    const at::Tensor kl = device::crossEntropies(logP.exp(), other, rows.head) +
                          (logP.exp() * logP).to(at::kDouble).sum(-1);
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_NEAR(kl[static_cast<std::int64_t>(i)].item<double>(), expected[i], 2e-5);
}

/// The same ids as on the host, for every rule and many draws; ties and logits that are not finite.
TEST(DeviceScoring, ChosenTokensAreTheHosts) {
    at::manual_seed(12);
    at::Tensor logits = at::randn({6, 50}) * 3;
    logits[1].fill_(1);
    logits[2][7] = INFINITY;
    logits[3][7] = NAN;
    logits[4].fill_(-INFINITY);
    const std::vector<SamplingOptions> all{{0, 0, 1},    {1, 0, 1},     {0.7, 5, 1},
                                           {1.3, 0, .8}, {0.9, 12, .5}, {1, 500, .3}};
    for (const SamplingOptions& options : all)
        for (const double uniform : {0.0, 0.123, 0.5, 0.87, 0.999}) {
            const at::Tensor uniforms = at::full({6}, uniform, at::kDouble),
                             ids = device::chooseTokens(logits, options, uniforms);
            for (std::int64_t row = 0; row < 6; ++row)
                EXPECT_EQ(ids[row].item<std::int64_t>(),
                          chooseToken(rowOf<float>(logits, row), options, uniform))
                    << row << ' ' << options.topK << ' ' << options.topP << ' ' << uniform;
        }
}

}  // namespace skd::test
