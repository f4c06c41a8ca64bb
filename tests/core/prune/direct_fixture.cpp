#include "core/prune/direct_fixture.h"

#include "core/distill/distill_fixture.h"

namespace skd::test {

CalibrationSet tinyCalibration(std::int64_t vocabulary) {
    CalibrationSet set;
    for (const std::int64_t length : {24, 17, 31})
        set.sequences.push_back(
            (at::arange(length) * at::arange(length) * 5 + at::arange(length) * length + 3)
                .remainder(vocabulary));
    return set;
}

Pruned pruned(const Decoder& model, const PruneSpec& spec, const CalibrationSet& calibration) {
    return pruned(model, spec, calibration, denseReference(model, spec));
}

Pruned pruned(const Decoder& model, const PruneSpec& spec, const CalibrationSet& calibration,
              const DenseReference& reference) {
    const OneThread oneThread;
    Pruned result{model, {}};
    const auto report = pruneDirect(result.model, spec, calibration, reference, {});
    EXPECT_TRUE(report) << report.error().message;
    if (report) result.report = *report;
    return result;
}

Error pruneError(const Decoder& model, const PruneSpec& spec, const CalibrationSet& calibration) {
    Decoder copy = model.clone();
    const std::string before = weightsSha256(copy);
    const auto report = pruneDirect(copy, spec, calibration, denseReference(model, spec), {});
    EXPECT_FALSE(report);
    EXPECT_EQ(weightsSha256(copy), before);
    return report ? Error{} : report.error();
}

PruneSpec pruneSpec(PruneMethod method, double target) {
    PruneSpec spec;
    spec.method = method;
    spec.target = target;
    spec.rankMultiple = 4;
    return spec;
}

double zeroShare(const at::Tensor& tensor) {
    return tensor.eq(0).to(at::kDouble).mean().item<double>();
}

}  // namespace skd::test
