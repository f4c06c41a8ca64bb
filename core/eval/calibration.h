#pragma once

#include <array>
#include <cstdint>

#include "base/json.h"

namespace skd {

constexpr std::size_t kCalibrationBins = 15;

/// How far a model's confidence in its most probable token can be trusted
/// (resources/help/method.md, Perplexity).
struct CalibrationReport {
    std::int64_t tokens = 0;
    double accuracy = 0;    ///< share of tokens whose most probable token is the label
    double confidence = 0;  ///< mean probability of it
    double ece = 0;         ///< expected calibration error, sum over bins of share * |accuracy -
                            ///< confidence| (Guo et al. 2017)
    double brier = 0;       ///< mean squared difference of that probability and being right
    double entropy = 0;     ///< mean entropy of the distribution, nats

    /// Bin b holds confidences in (b / 15, (b + 1) / 15].
    struct Bin {
        std::int64_t tokens = 0, right = 0;
        double confidence = 0;  ///< sum
    };
    std::array<Bin, kCalibrationBins> bins{};
    [[nodiscard]] Json toJson() const;
};

/// Adds up tokens to a CalibrationReport; figures that are not finite stay so.
class CalibrationMeter {
public:
    void add(double confidence, bool right, double entropy);
    [[nodiscard]] CalibrationReport report() const;

    /// What it has added up, and the same again in another meter: sums of several add up.
    static constexpr std::size_t kSums = 5 + 3 * kCalibrationBins;
    [[nodiscard]] std::array<double, kSums> sums() const;
    void setSums(const std::array<double, kSums>& sums);

private:
    CalibrationReport m_sums;
};

}  // namespace skd
