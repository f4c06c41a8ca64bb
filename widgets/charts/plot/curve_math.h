#pragma once

#include <vector>

#include "store/records.h"

namespace skd {

/// Exponential moving average without the bias of its start: s_i = sum w^(i-j) y_j / sum w^(i-j),
/// over finite values; others are passed through. `weight` in [0, 1); 0 changes nothing.
std::vector<double> smoothed(const std::vector<double>& values, double weight);

/// Mean and sample standard deviation of several curves at the steps that all of them have.
struct CurveBand {
    std::vector<double> steps, mean, deviation;
};
CurveBand bandOf(const std::vector<const Series*>& curves);

}  // namespace skd
