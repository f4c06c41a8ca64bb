#include "store/ramp_curves.h"

#include <algorithm>
#include <cmath>

namespace skd {
namespace {

std::vector<double> part(const Series& series, double from, double to) {
    std::vector<double> values;
    for (std::size_t i = 0; i < series.steps.size(); ++i)
        if (series.steps[i] >= from && series.steps[i] < to) values.push_back(series.values[i]);
    return values;
}

/// First steps: rates rise within a ramp.
std::vector<double> beginnings(const Series& rates) {
    std::vector<double> steps;
    for (std::size_t i = 0; i < rates.steps.size(); ++i)
        if (i == 0 || rates.values[i] < rates.values[i - 1]) steps.push_back(rates.steps[i]);
    return steps;
}

}  // namespace

std::vector<RampCurve> rampCurves(const RampSeries& series, const RunSummary& summary) {
    const std::vector<double> first = beginnings(series.rates);
    std::vector<const RoundSummary*> found;
    for (const RoundSummary& round : summary.rounds)
        if (round.learningRate) found.push_back(&round);
    std::vector<RampCurve> curves;
    for (std::size_t i = 0; i < first.size(); ++i) {
        const double from = first[i], to = i + 1 < first.size() ? first[i + 1] : INFINITY;
        RampCurve curve{part(series.rates, from, to),
                        part(series.losses, from, to),
                        part(series.smoothed, from, to),
                        std::nan(""),
                        {}};
        if (const auto chosen = part(series.chosen, from, to); !chosen.empty())
            curve.chosen = chosen.back();
        if (i < found.size()) {
            curve.chosen = *found[i]->learningRate;
            curve.reason = found[i]->learningRateReason.value_or("");
        }
        const std::size_t length =
            std::min({curve.rates.size(), curve.losses.size(), curve.smoothed.size()});
        for (std::vector<double>* values : {&curve.rates, &curve.losses, &curve.smoothed})
            values->resize(length);
        curves.push_back(std::move(curve));
    }
    return curves;
}

}  // namespace skd
