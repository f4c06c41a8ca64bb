// One pass over calibration text for inputs and gradients.
#include <gtest/gtest.h>

#include <stop_token>

#include "core/model/tiny_model.h"
#include "prune/svd/statistics.h"

namespace skd::test {
namespace {

CalibrationSet front(std::size_t count, bool skipFirst = false) {
    CalibrationSet set{{}, skipFirst};
    for (std::size_t i = 0; i < count; ++i)
        set.sequences.push_back(at::arange(12 + static_cast<std::int64_t>(3 * i)) * 5 % 64);
    return set;
}

/// Inputs and gradients asked for together and each alone.
void expectOnePassIsTwo(const CalibrationSet& inputs, const CalibrationSet& outputs,
                        const LayerRange& layers) {
    const Decoder model = tinyDecoder(4, {.layers = 3});
    RunContext context;
    context.seed = 17;
    const GramOptions gram{kAllMatrices, InputStatistic::Gram, layers};
    const FisherOptions fisher{kAllMatrices, layers, 0.1, 3};
    const auto both = collectStatistics(model, {&inputs, gram, &outputs, fisher}, context);
    const auto grams = collectGrams(model, inputs, context, gram);
    const auto sums = collectOutputFisher(model, outputs, fisher, context);
    ASSERT_TRUE(both && grams && sums);
    ASSERT_EQ(both->grams.size(), grams->size());
    for (std::size_t i = 0; i < grams->size(); ++i) {
        EXPECT_EQ(both->grams[i].means.size(), (*grams)[i].means.size());
        for (const auto& [kind, mean] : (*grams)[i].means)
            EXPECT_TRUE(at::equal(both->grams[i].means.at(kind), mean)) << i;
    }
    ASSERT_EQ(both->fisher.size(), sums->size());
    for (std::size_t i = 0; i < sums->size(); ++i) {
        ASSERT_EQ(both->fisher[i].defined(), (*sums)[i].defined()) << i;
        if ((*sums)[i].defined()) {
            EXPECT_TRUE(at::equal(both->fisher[i], (*sums)[i])) << i;
        }
    }
}

TEST(Statistics, OnePassGivesTheBitsOfTwo) {
    expectOnePassIsTwo(front(3), front(3), {});
    expectOnePassIsTwo(front(3, true), front(3, true), {1, 2});
}

TEST(Statistics, SetsOfDifferentLengthsDoWhatEachNeeds) {
    expectOnePassIsTwo(front(4), front(2), {});
    expectOnePassIsTwo(front(1, true), front(3), {});
}

TEST(Statistics, SequencesThatDifferGoThroughApart) {
    CalibrationSet other = front(3);
    other.sequences[1] = other.sequences[1].flip(0);
    expectOnePassIsTwo(front(3), other, {});
}

/// Layers below the ones asked for are left out of the graph; what comes above does not notice.
TEST(Statistics, ARangeOfLayersHasTheGradientsOfAll) {
    const Decoder model = tinyDecoder(4, {.layers = 3});
    const CalibrationSet set = front(2);
    const auto all = collectOutputFisher(model, set, {kAllMatrices, {}}, {});
    const auto last = collectOutputFisher(model, set, {kAllMatrices, {2, 3}}, {});
    ASSERT_TRUE(all && last);
    const std::vector<MatrixInfo> infos = model.matrixInfos(kAllMatrices);
    for (std::size_t i = 0; i < infos.size(); ++i) {
        ASSERT_EQ((*last)[i].defined(), infos[i].layer.value() == 2) << infos[i].name;
        if ((*last)[i].defined()) {
            EXPECT_TRUE(at::equal((*last)[i], (*all)[i])) << infos[i].name;
        }
    }
}

/// The context is asked before every sequence; here it says stop before the third.
TEST(Statistics, CancelledInTheMiddleNothingIsLeft) {
    const Decoder model = tinyDecoder(4);
    const CalibrationSet set = front(4);
    std::stop_source stop;
    int asked = 0;
    RunContext context;
    context.stop = stop.get_token();
    context.waitWhilePaused = [&] {
        if (++asked == 3) stop.request_stop();
    };
    const auto made = collectStatistics(model, {&set, {}, &set, {}}, context);
    ASSERT_TRUE(made);
    EXPECT_EQ(asked, 3);
    EXPECT_TRUE(made->cancelled);
    EXPECT_TRUE(made->grams.empty() && made->fisher.empty());
}

/// bf16 rows against their sums in f64, over more columns than a block has: 300 products each,
/// added in f32 (a rounding is 6e-8), in whatever order.
TEST(Statistics, ProductsOfBfloat16RowsAreExactUpToTheSum) {
    at::manual_seed(8);
    const at::Tensor rows = at::randn({300, 500}).to(at::kBFloat16), exact = rows.to(at::kDouble);
    const at::Tensor expected = at::mm(exact.t(), exact);
    at::Tensor sum;
    for (int i = 0; i < 2; ++i) addLowerGram(sum, rows, at::kDouble);
    EXPECT_EQ(sum.scalar_type(), at::kDouble);
    EXPECT_LT(relativeError(mirrored(sum), 2 * expected), 4e-6);
    at::Tensor narrow;
    for (int i = 0; i < 2; ++i) addLowerGram(narrow, rows, at::kFloat);
    EXPECT_LT(relativeError(mirrored(narrow).to(at::kDouble), 2 * expected), 4e-6);
}

}  // namespace
}  // namespace skd::test
