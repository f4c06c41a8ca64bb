#include "eval/calibration.h"

#include <algorithm>
#include <cmath>

namespace skd {

void CalibrationMeter::add(double confidence, bool right, double entropy) {
    ++m_sums.tokens;
    m_sums.accuracy += right ? 1 : 0;
    m_sums.confidence += confidence;
    m_sums.brier += std::pow(confidence - (right ? 1 : 0), 2);
    m_sums.entropy += entropy;
    if (!std::isfinite(confidence)) return;
    const double place = std::ceil(confidence * static_cast<double>(kCalibrationBins)) - 1;
    CalibrationReport::Bin& bin = m_sums.bins[static_cast<std::size_t>(
        std::clamp(place, 0.0, static_cast<double>(kCalibrationBins - 1)))];
    ++bin.tokens;
    bin.right += right ? 1 : 0;
    bin.confidence += confidence;
}

CalibrationReport CalibrationMeter::report() const {
    CalibrationReport report = m_sums;
    const auto tokens = static_cast<double>(std::max<std::int64_t>(1, report.tokens));
    for (double* mean : {&report.accuracy, &report.confidence, &report.brier, &report.entropy})
        *mean /= tokens;
    for (const CalibrationReport::Bin& bin : report.bins)
        report.ece += std::abs(static_cast<double>(bin.right) - bin.confidence) / tokens;
    if (!std::isfinite(report.confidence)) report.ece = report.confidence;
    return report;
}

std::array<double, CalibrationMeter::kSums> CalibrationMeter::sums() const {
    std::array<double, kSums> sums{static_cast<double>(m_sums.tokens), m_sums.accuracy,
                                   m_sums.confidence, m_sums.brier, m_sums.entropy};
    auto* out = sums.data() + 5;
    for (const CalibrationReport::Bin& bin : m_sums.bins) {
        *out++ = static_cast<double>(bin.tokens);
        *out++ = static_cast<double>(bin.right);
        *out++ = bin.confidence;
    }
    return sums;
}

void CalibrationMeter::setSums(const std::array<double, kSums>& sums) {
    m_sums.tokens = std::llround(sums[0]);
    m_sums.accuracy = sums[1];
    m_sums.confidence = sums[2];
    m_sums.brier = sums[3];
    m_sums.entropy = sums[4];
    const double* in = sums.data() + 5;
    for (CalibrationReport::Bin& bin : m_sums.bins) {
        bin.tokens = std::llround(*in++);
        bin.right = std::llround(*in++);
        bin.confidence = *in++;
    }
}

Json CalibrationReport::toJson() const {
    Json counts = Json::array();
    for (const Bin& bin : bins) {
        const auto tokensInBin = static_cast<double>(std::max<std::int64_t>(1, bin.tokens));
        counts.push_back({{"tokens", bin.tokens},
                          {"accuracy", static_cast<double>(bin.right) / tokensInBin},
                          {"confidence", bin.confidence / tokensInBin}});
    }
    return {{"ece", ece},           {"brier", brier},           {"entropy", entropy},
            {"accuracy", accuracy}, {"confidence", confidence}, {"tokens", tokens},
            {"bins", counts}};
}

}  // namespace skd
