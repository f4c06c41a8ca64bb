#include <cmath>

#include "base/text.h"
#include "core/prune/direct_fixture.h"
#include "prune/svd/analyse.h"
#include "prune/svd/prune.h"
#include "prune/svd/statistics.h"
#include "simulated_device/device_fixture.h"
#include "support/temporary_folder.h"

/// Analysis and pruning on the device give what they give on the CPU.
namespace skd::test {
namespace {

class DevicePrune : public DeviceTest {
protected:
    const Decoder host = tinyDecoder(9, {.layers = 3});
    const Decoder there = host.to(simulated::device(), at::kFloat);
    const CalibrationSet set = tinyCalibration();
};

TEST_F(DevicePrune, SumsTheSameGrams) {
    for (const InputStatistic statistic : {InputStatistic::Gram, InputStatistic::MeanAbsolute}) {
        const GramOptions options{{true, true}, statistic, {}};
        const auto expected = collectGrams(host, set, {}, options),
                   grams = collectGrams(there, set, {}, options);
        ASSERT_TRUE(grams) << grams.error().message;
        for (std::size_t i = 0; i < grams->size(); ++i) {
            EXPECT_EQ((*grams)[i].means.size(), 4u);
            for (const auto& [kind, mean] : (*grams)[i].means)
                EXPECT_LT(deviation(mean, (*expected)[i].means.at(kind)), 1e-5) << enumName(kind);
        }
    }
}

TEST_F(DevicePrune, SumsTheSameFisherMatrices) {
    const FisherOptions options{.clip = 8};
    const auto expected = collectOutputFisher(host, set, options, {}),
               sums = collectOutputFisher(there, set, options, {});
    ASSERT_TRUE(sums) << sums.error().message;
    for (std::size_t i = 0; i < sums->size(); ++i)
        EXPECT_LT(deviation((*sums)[i], (*expected)[i]), 1e-4) << i;
}

/// Mean negative log likelihood of the pruned model's own next tokens, a number that any change of
/// its weights changes.
double trace(const Decoder& model, const at::Tensor& ids) {
    const at::NoGradGuard noGradient;
    return at::log_softmax(model.logits(ids.to(model.device())).cpu().to(at::kDouble), -1)
        .gather(-1, ids.roll(-1, 1).unsqueeze(-1))
        .mean()
        .item<double>();
}

TEST_F(DevicePrune, EveryDirectMethodPrunesTheSame) {
    const at::Tensor ids = set.sequences.front().unsqueeze(0);
    for (const PruneMethod method :
         {PruneMethod::Wanda, PruneMethod::Magnitude, PruneMethod::SparseGpt,
          PruneMethod::LlmPruner, PruneMethod::ShortGpt, PruneMethod::SliceGpt}) {
        const PruneSpec spec = pruneSpec(method, 0.4);
        const Pruned expected = pruned(host.clone(), spec, set),
                     result = pruned(there.clone(), spec, set);
        EXPECT_EQ(result.model.device(), simulated::device());
        EXPECT_EQ(result.report.parameters, expected.report.parameters) << enumName(method);
        EXPECT_NEAR(trace(result.model, ids), trace(expected.model, ids), 1e-3) << enumName(method);
    }
}

/// The model after analyse and prune.
Pruned svdPruned(const Decoder& dense, const PruneSpec& spec, const CalibrationSet& set,
                 const std::filesystem::path& cache) {
    AnalysisInput input;
    input.model.layers = static_cast<std::int64_t>(dense.layers.size());
    input.calibration = input.fisher = set;
    input.probeSequences = {set.sequences.front()};
    const auto analysis = analyse(dense, spec, input, SpectrumCache(cache), {});
    EXPECT_TRUE(analysis) << analysis.error().message;
    Pruned result{dense.clone(), {}};
    if (!analysis) return result;
    const auto report = prune(result.model, spec, *analysis, {});
    EXPECT_TRUE(report) << report.error().message;
    if (report) result.report = *report;
    return result;
}

TEST_F(DevicePrune, EveryTruncationPrunesTheSame) {
    const at::Tensor ids = set.sequences.front().unsqueeze(0);
    const TemporaryFolder folder;
    for (std::size_t i = 0; i < kNames<Truncation>.size(); ++i) {
        PruneSpec spec = pruneSpec(PruneMethod::Svd, 0.3);
        spec.truncation = static_cast<Truncation>(i);
        const Pruned expected = svdPruned(host, spec, set, folder / strCat("host", i)),
                     result = svdPruned(there, spec, set, folder / strCat("there", i));
        EXPECT_EQ(result.model.device(), simulated::device());
        EXPECT_EQ(result.report.ranks, expected.report.ranks) << i;
        EXPECT_NEAR(trace(result.model, ids), trace(expected.model, ids), 1e-3) << i;
    }
}

}  // namespace
}  // namespace skd::test
