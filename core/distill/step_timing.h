#pragma once

#include <optional>

#include "base/statistics.h"
#include "distill/elastic/elastic_sizes.h"
#include "distill/teacher_signal.h"

namespace skd {

/// How long parts of training took on a copy of a model.
struct StepTimes {
    Spread seconds;         ///< of an optimiser step
    double checkpoint = 0;  ///< seconds of saving everything that resuming needs

    /// Quartile range by median.
    [[nodiscard]] double relativeSpread() const {
        return (seconds.high - seconds.low) / seconds.median;
    }
};

/// Times `steps` optimiser steps on a copy of `model`, which is thrown away, after one that warms
/// up and does not count; then, in the folder `scratch` (made and removed), a checkpoint. The
/// samples are the corpus's, over and over. What a step reads does not change what it costs.
/// An elastic student's steps are those of `elastic`: at its sizes, the largest and the smallest in
/// each. Nothing when cancelled; errors are those of a training step and of writing.
Result<std::optional<StepTimes>> timeSteps(const Decoder& model, const Corpus& corpus,
                                           const TeacherSignal& teacher, const DistillSpec& spec,
                                           std::int64_t steps, const std::filesystem::path& scratch,
                                           const RunContext& context,
                                           const ElasticTraining* elastic = nullptr);

}  // namespace skd
