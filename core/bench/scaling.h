#pragma once

#include "bench/bench.h"

namespace skd::bench {

struct ScalingPoint {
    double size = 0;
    Spread seconds;
};

/// How the cost of a piece of work grows with one size of it.
struct ScalingSeries {
    std::string name, work, unit;
    std::vector<ScalingPoint> points;
    double exponent = 0;  ///< seconds ~ size^exponent
};

struct ScalingReport {
    Json machine;
    std::string arithmetic;
    std::int64_t rounds = 0;
    bool quick = false, cancelled = false;
    std::vector<ScalingSeries> series;

    /// {"format": "sparsekd-bench-scaling", "version": 1, "machine", "arithmetic", "rounds",
    /// "quick", "cancelled", "series": [{"name", "work", "unit", "exponent", "points": [{"size",
    /// "seconds": {"median", "low", "high"}}]}]}
    [[nodiscard]] Json toJson() const;
    /// Time over that of the smallest size by doublings of the size, one line a series: an <svg>.
    [[nodiscard]] std::string toSvg() const;
};

/// Slope of log seconds over log size by least squares; NaN below two sizes.
double fittedExponent(const std::vector<ScalingPoint>& points);

/// Cost against tokens, layers, width, vocabulary, k, threads and corpus, on random weights: the
/// sizes of a series take turns. `request.filters` choose series by name.
Result<ScalingReport> runScaling(const BenchRequest& request, const RunContext& context);
/// Their names.
std::vector<std::string> scalingNames();

}  // namespace skd::bench
