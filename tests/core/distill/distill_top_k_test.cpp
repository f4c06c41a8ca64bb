#include <gtest/gtest.h>

#include <cmath>

#include "distill/kept_logits.h"

namespace skd {

TEST(DistillTopK, EqualsStableSortWithTies) {
    at::manual_seed(1);
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16})
        for (const std::int64_t vocabulary : {40, 129, 5000, 40000}) {
            const at::Tensor logits = (at::randn({7, vocabulary}) * 2).to(type);
            const TopKRows rows = topKRows(logits, 32), expected = topKRowsReference(logits, 32);
            EXPECT_TRUE(at::equal(rows.ids, expected.ids)) << vocabulary;
            EXPECT_LT(
                (rows.logProbabilities - expected.logProbabilities).abs().max().item<double>(),
                1e-5);
            EXPECT_LT((rows.logZ - expected.logZ).abs().max().item<double>(), 2e-5);
            EXPECT_EQ(rows.logZ.select(1, 0).abs().max().item<double>(), 0);
        }
}

TEST(DistillTopK, EqualLogitsGiveTheLowestIds) {
    const TopKRows rows = topKRows(at::zeros({1, 1000}), 5);
    EXPECT_TRUE(at::equal(rows.ids[0], at::arange(5, at::kInt)));
    EXPECT_NEAR(rows.logProbabilities[0][0].item<double>(), -std::log(1000.0), 1e-6);
    EXPECT_NEAR(rows.logZ[0][2].item<double>(), 0.5 * std::log(1000.0),
                1e-5);  // 1000 * 1000^(-1/2)
}

TEST(DistillTopK, WholeVocabularyAndKOfOne) {
    const at::Tensor logits = at::randn({3, 64});
    const TopKRows all = topKRows(logits, 64);
    EXPECT_NEAR(all.logProbabilities.exp().sum().item<double>(), 3.0, 1e-5);
    EXPECT_TRUE(at::equal(topKRows(logits, 1).ids.squeeze(1).to(at::kLong), logits.argmax(1)));
}

TEST(DistillTopK, RefusesNonFiniteLogits) {
    for (const double bad : {std::nan(""), HUGE_VAL}) {
        at::Tensor logits = at::randn({4, 500});
        logits[2][17] = bad;
        EXPECT_THROW(topKRows(logits, 8), c10::Error);
    }
}

}  // namespace skd
