#pragma once

#include <vector>

#include "distill/training_step.h"
#include "events/event.h"

namespace skd {

/// How an optimiser step went, beside its losses.
struct StepPace {
    std::int64_t step = 0;  ///< as displayed
    double rate = 0, tokensPerSecond = 0;
};

/// What is recorded of an optimiser step: kd.*, and of an elastic student by bins of five points of
/// what its passes removed elastic.ce@15 and elastic.kl@15 (nats per token, unweighted),
/// elastic.weight@15 where sizes are weighed, and elastic.cosine where it was measured. The KL only
/// with a teacher. `sizes` is null for a student of one size.
std::vector<MetricPoint> stepMetrics(const WindowLoss& loss, const StepPace& pace, bool hasTeacher,
                                     const ElasticSizes* sizes);

}  // namespace skd
