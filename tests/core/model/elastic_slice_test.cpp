#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/model/tiny_model.h"
#include "model/decode_step.h"
#include "model/elastic.h"
#include "model/files/stock_model.h"
#include "model/identity_block.h"

namespace skd::test {
namespace {

at::Tensor sliceLogits(const Decoder& model) {
    const c10::NoGradGuard noGradient;
    return model.logits(at::arange(20).unsqueeze(0));
}

/// The same rank, or random ones from 1 to `most`, for every elastic matrix.
MatrixRanks ranksOf(const Decoder& model, std::int64_t rank) {
    MatrixRanks ranks;
    for (const auto& [name, cap] : rankCaps(model)) ranks[name] = rank;
    return ranks;
}
MatrixRanks randomRanks(const MatrixRanks& most) {
    MatrixRanks ranks;
    for (const auto& [name, cap] : most)
        ranks[name] = 1 + at::randint(cap, {1}, at::kLong).item<std::int64_t>();
    return ranks;
}

std::vector<at::Tensor> parametersOf(Decoder model) {
    std::vector<at::Tensor> all;
    model.visitParameters([&](const std::string&, at::Tensor& tensor) { all.push_back(tensor); });
    return all;
}

Slice sliceOf(const Decoder& model, const MatrixRanks& ranks, SliceForm form) {
    auto slice = sliced(model, ranks, form);
    EXPECT_TRUE(slice) << (slice ? "" : slice.error().message);
    return slice ? std::move(*slice) : Slice{};
}

TEST(ElasticSlice, ASliceOfASliceIsTheSlice) {
    const Decoder model = tinyElastic(80, 24);
    for (int trial = 0; trial < 5; ++trial) {
        const MatrixRanks q = randomRanks(rankCaps(model)), p = randomRanks(q);
        const Slice outer = sliceOf(model, q, SliceForm::Elastic);
        EXPECT_EQ(rankCaps(outer.model), q);
        for (const SliceForm form : {SliceForm::Elastic, SliceForm::Factored, SliceForm::Dense,
                                     SliceForm::IdentityBlock}) {
            const Slice direct = sliceOf(model, p, form), twice = sliceOf(outer.model, p, form);
            const auto left = parametersOf(direct.model), right = parametersOf(twice.model);
            ASSERT_EQ(left.size(), right.size());
            for (std::size_t i = 0; i < left.size(); ++i)
                EXPECT_TRUE(at::equal(left[i], right[i])) << enumName(form) << " " << i;
            EXPECT_TRUE(at::equal(sliceLogits(direct.model), sliceLogits(twice.model)));
        }
    }
}

/// Every form is the same map as the elastic model at these ranks.
TEST(ElasticSlice, EveryFormIsTheModelAtItsRanks) {
    Decoder model = tinyElastic(81, 24);
    Linear& up = model.layers[0].mlp.up;
    up = Linear(up.name(), up.form(), at::randn({up.rows()}) * 0.1);
    const MatrixRanks ranks = randomRanks(rankCaps(model));
    ASSERT_TRUE(setRanks(model, ranks));
    EXPECT_EQ(ranksInUse(model), ranks);
    const at::Tensor wanted = sliceLogits(model);
    for (const SliceForm form :
         {SliceForm::Elastic, SliceForm::Factored, SliceForm::Dense, SliceForm::IdentityBlock}) {
        const Slice slice = sliceOf(model, ranks, form);
        EXPECT_LT(relativeError(sliceLogits(slice.model), wanted), 1e-4) << enumName(form);
        EXPECT_TRUE(slice.notes.empty());
        EXPECT_EQ(isElastic(slice.model), form == SliceForm::Elastic);
        if (form == SliceForm::Factored || form == SliceForm::IdentityBlock) {
            const MatrixForm priced =
                form == SliceForm::Factored ? MatrixForm::Factored : MatrixForm::IdentityBlock;
            EXPECT_EQ(slice.model.parameterCount(), parametersAs(model, priced));
            EXPECT_EQ(slice.model.mlpParameterCount(),
                      parametersAs(model, priced, MatrixSelection{}));
        }
    }
    EXPECT_EQ(model.parameterCount(), parametersAs(model, MatrixForm::Factored));
    EXPECT_EQ(model.storedParameterCount(), tinyElastic(81, 24).parameterCount() + up.rows());
}

/// Each block is its prefix to rounding; the two figures are those of the blocks, by other means.
TEST(ElasticSlice, IdentityBlocksHoldTheirPrefixAndSayHowWell) {
    Decoder model = tinyElastic(82, 24);
    const MatrixRanks ranks = ranksOf(model, 17);
    ASSERT_TRUE(setRanks(model, ranks));
    Slice slice = sliceOf(model, ranks, SliceForm::IdentityBlock);
    double entry = 0, condition = 1;
    const std::vector<Linear*> from = model.matrices(), made = slice.model.matrices();
    for (std::size_t i = 0; i < made.size(); ++i) {
        const auto* block = std::get_if<IdentityBlockWeight>(&made[i]->form());
        ASSERT_NE(block, nullptr) << made[i]->name();
        const ElasticWeight& used = *from[i]->elastic();
        const auto f64 = [](const at::Tensor& tensor) { return tensor.to(at::kDouble); };
        const at::Tensor prefix = at::mm(f64(used.usedA()).t(), f64(used.usedB())),
                         left = leftFactor({f64(block->c), f64(block->b), block->order}),
                         product = at::mm(left, f64(block->b));
        EXPECT_LT(((product - prefix).norm() / prefix.norm()).item<double>(), 1e-6);
        const at::Tensor values = at::linalg_svdvals(left);
        condition = std::max(condition, (values.max() / values.min()).item<double>());
        entry = std::max(entry, block->c.abs().max().item<double>());
    }
    EXPECT_NEAR(slice.largestEntry, entry, 1e-6 * entry);
    EXPECT_NEAR(slice.largestCondition, condition, 1e-5 * condition);
    EXPECT_LT(slice.largestEntry, 10) << "pivoting keeps C small";
}

TEST(ElasticSlice, TheConditionIsThatOfTheLeftFactor) {
    at::manual_seed(83);
    for (const auto& [rows, rank] :
         std::vector<std::pair<std::int64_t, std::int64_t>>{{30, 6}, {12, 9}, {7, 7}}) {
        const IdentityBlock block = identityBlock(at::randn({rows, rank}), at::randn({rank, 16}));
        const at::Tensor values = at::linalg_svdvals(leftFactor(block.weight));
        EXPECT_NEAR(conditionOf(block.weight), (values.max() / values.min()).item<double>(), 1e-9);
    }
}

/// A product beyond f32 has no block in f32; its factors have their place.
TEST(ElasticSlice, WhatMakesNoSoundBlockBecomesFactorsWithANote) {
    Decoder model = tinyElastic(84, 24);
    Linear& up = model.layers[1].mlp.up;
    const ElasticWeight held = *up.elastic();
    up.replace(ElasticWeight{held.a * 1e25, held.b * 1e25, held.rank});
    const Slice slice = sliceOf(model, ranksOf(model, 8), SliceForm::IdentityBlock);
    ASSERT_EQ(slice.notes.size(), 1u);
    EXPECT_NE(slice.notes[0].find(up.name()), std::string::npos);
    EXPECT_NE(slice.notes[0].find("plain factors"), std::string::npos);
    EXPECT_TRUE(std::holds_alternative<LowRankWeight>(slice.model.layers[1].mlp.up.form()));
    EXPECT_TRUE(std::holds_alternative<IdentityBlockWeight>(slice.model.layers[0].mlp.up.form()));
}

/// Full rank, by its number or as 0, is the whole matrix, and costs what it costs.
TEST(ElasticSlice, FullRankIsTheWholeMatrix) {
    Decoder model = tinyElastic(85, 32);
    MatrixRanks ranks = ranksOf(model, 16);
    const std::string whole = model.layers[0].mlp.down.name();
    for (const std::int64_t full : {0, 32}) {
        ranks[whole] = full;
        ASSERT_TRUE(setRanks(model, ranks));
        EXPECT_EQ(model.layers[0].mlp.down.rank(), 32);
        for (const SliceForm form : {SliceForm::Factored, SliceForm::IdentityBlock}) {
            const Slice slice = sliceOf(model, ranks, form);
            EXPECT_TRUE(slice.model.layers[0].mlp.down.isDense());
            EXPECT_FALSE(slice.model.layers[1].mlp.down.isDense());
            EXPECT_EQ(slice.model.parameterCount(),
                      parametersAs(model, form == SliceForm::Factored ? MatrixForm::Factored
                                                                      : MatrixForm::IdentityBlock));
        }
    }
}

TEST(ElasticSlice, WrongRanksAreRefusedAndNothingChanges) {
    Decoder model = tinyElastic(86, 24);
    const MatrixRanks good = ranksOf(model, 10);
    ASSERT_TRUE(setRanks(model, good));
    const std::string name = model.layers[1].mlp.gate.name(),
                      query = model.layers[0].attention.query.name();
    const auto refuses = [&](const std::string& matrix, std::int64_t rank) {
        MatrixRanks bad = ranksOf(model, 5);
        if (rank == -100)
            bad.erase(matrix);
        else
            bad[matrix] = rank;
        const Status status = setRanks(model, bad);
        EXPECT_EQ(ranksInUse(model), good);
        return !status && status.error().code == ErrorCode::InvalidInput &&
               status.error().message.find(matrix) != std::string::npos &&
               !sliced(model, bad, SliceForm::Factored);
    };
    EXPECT_TRUE(refuses(name, -100)) << "no rank at all";
    EXPECT_TRUE(refuses(name, -1));
    EXPECT_TRUE(refuses(name, 25));
    EXPECT_TRUE(refuses(name, 0)) << "its cap is below full rank";
    EXPECT_TRUE(refuses("model.layers.9.mlp.up_proj", 4));
    EXPECT_TRUE(refuses(query, 8)) << "of a fixed matrix";
    MatrixRanks fine = good;
    fine[query] = 0;
    EXPECT_TRUE(setRanks(model, fine));
    fine[query] = 32;
    EXPECT_TRUE(setRanks(model, fine)) << "the full rank of a dense matrix";
}

TEST(ElasticSlice, StopsWhereItIsTold) {
    const Decoder model = tinyElastic(87, 24);
    for (const SliceForm form : {SliceForm::Factored, SliceForm::IdentityBlock}) {
        const auto slice = sliced(model, ranksOf(model, 5), form,
                                  []() -> Status { return fail(ErrorCode::Busy, "enough"); });
        ASSERT_FALSE(slice);
        EXPECT_EQ(slice.error().message, "enough");
    }
}

/// What takes one size says so; decoding by the general way gives the slice's.
TEST(ElasticSlice, OthersTakeASliceInstead) {
    Decoder model = tinyElastic(88, 24);
    EXPECT_FALSE(canDecodeStep(model, 1));
    EXPECT_TRUE(canDecodeStep(sliceOf(model, ranksOf(model, 9), SliceForm::Factored).model, 1));
    const auto stock = stockModel(model);
    ASSERT_FALSE(stock);
    EXPECT_EQ(stock.error().code, ErrorCode::Unsupported);
    EXPECT_NE(stock.error().message.find("slice it"), std::string::npos);
    EXPECT_TRUE(stockModel(sliceOf(model, ranksOf(model, 9), SliceForm::IdentityBlock).model));
    EXPECT_FALSE(model.fuseGateUp()) << "ranks of two products are no rank of their stack";
}

/// A change of basis G within the components: A G, G^-1 B, component-major.
ElasticWeight inBasis(const ElasticWeight& weight, const at::Tensor& g) {
    const at::Tensor a = weight.a.to(at::kDouble), b = weight.b.to(at::kDouble);
    return {at::mm(g.t(), a), at::linalg_solve(g, b), weight.rank};
}
double changeAt(const ElasticWeight& one, const ElasticWeight& other, std::int64_t rank) {
    const auto productAt = [&](const ElasticWeight& weight) {
        return at::mm(weight.a.narrow(0, 0, rank).to(at::kDouble).t(),
                      weight.b.narrow(0, 0, rank).to(at::kDouble));
    };
    return relativeError(productAt(other), productAt(one));
}

/// The slices on a grid of 16 do not change if, and only if, G keeps to blocks of 16.
TEST(ElasticSlice, OnlyABlockDiagonalBasisKeepsTheSlicesOfAGrid) {
    at::manual_seed(89);
    const ElasticWeight weight = randomElastic(64, 56, 48);
    at::Tensor blocks = at::zeros({48, 48}, at::kDouble);
    for (const std::int64_t begin : {0, 16, 32})
        blocks.narrow(0, begin, 16).narrow(1, begin, 16).copy_(at::randn({16, 16}, at::kDouble));
    at::Tensor leaking = blocks.clone();
    leaking[20][3] = 0.5;
    const ElasticWeight same = inBasis(weight, blocks), other = inBasis(weight, leaking);
    for (const std::int64_t rank : {16, 32, 48}) EXPECT_LT(changeAt(weight, same, rank), 1e-9);
    EXPECT_GT(changeAt(weight, same, 24), 1e-3) << "off the grid";
    EXPECT_GT(changeAt(weight, other, 16), 1e-3);
    EXPECT_LT(changeAt(weight, other, 48), 1e-9) << "the whole product is the same";
}

}  // namespace
}  // namespace skd::test
