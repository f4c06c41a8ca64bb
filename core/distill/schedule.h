#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

#include "spec/distill_spec.h"

namespace skd {

/// Learning rate of optimiser step `step` (from 0): linear rise over `warmup` steps that reaches
/// the peak at its last one, then constant, or half a cosine down to 0 one step after the last.
inline double learningRateAt(const DistillSpec& spec, std::int64_t step) {
    if (step < spec.warmup)
        return spec.learningRate * static_cast<double>(step + 1) / static_cast<double>(spec.warmup);
    if (spec.schedule == Schedule::Constant || spec.steps <= spec.warmup) return spec.learningRate;
    const double progress =
        static_cast<double>(step - spec.warmup) / static_cast<double>(spec.steps - spec.warmup);
    return spec.learningRate * 0.5 * (1.0 + std::cos(std::numbers::pi * std::fmin(progress, 1.0)));
}

}  // namespace skd
