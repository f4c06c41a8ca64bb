#pragma once

#include <gtest/gtest.h>

#include "core/model/tiny_model.h"
#include "prune/direct.h"

namespace skd::test {

/// Three sequences of ids below `vocabulary`.
CalibrationSet tinyCalibration(std::int64_t vocabulary = 64);

/// The model after pruneDirect, which must succeed; `reference` may be of a model of earlier
/// rounds.
struct Pruned {
    Decoder model;
    PruneReport report;
};
Pruned pruned(const Decoder& model, const PruneSpec& spec, const CalibrationSet& calibration);
Pruned pruned(const Decoder& model, const PruneSpec& spec, const CalibrationSet& calibration,
              const DenseReference& reference);

/// The error of pruneDirect, which must fail and leave the model as it was.
Error pruneError(const Decoder& model, const PruneSpec& spec, const CalibrationSet& calibration);

PruneSpec pruneSpec(PruneMethod method, double target);

/// Share of zeros.
double zeroShare(const at::Tensor& tensor);

}  // namespace skd::test
