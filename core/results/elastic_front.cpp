#include "results/elastic_front.h"

namespace skd {
namespace {

/// Standard errors of a 95 % interval.
constexpr double kInterval = 1.96;

double zeroIfUnknown(double value) {
    return std::isfinite(value) ? value : 0;
}

bool fallsBetween(const FrontPoint& larger, const FrontPoint& smaller) {
    const double error =
        std::hypot(zeroIfUnknown(larger.standardError), zeroIfUnknown(smaller.standardError));
    return larger.ppl - smaller.ppl > kInterval * error;
}

double overChordOf(const FrontPoint& before, const FrontPoint& point, const FrontPoint& after) {
    const double share = (point.removed - before.removed) / (after.removed - before.removed);
    const double chord = (1 - share) * std::log(before.ppl) + share * std::log(after.ppl);
    return point.ppl / std::exp(chord);
}

}  // namespace

std::optional<std::size_t> FrontCheck::worst() const {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < overChord.size(); ++i)
        if (!std::isnan(overChord[i]) && (!found || overChord[i] > overChord[*found])) found = i;
    return found;
}

FrontCheck checkFront(const std::vector<FrontPoint>& points) {
    FrontCheck check;
    check.overChord.assign(points.size(), std::nan(""));
    std::vector<std::size_t> known;
    for (std::size_t i = 0; i < points.size(); ++i)
        if (std::isfinite(points[i].ppl) && points[i].ppl > 0) known.push_back(i);
    for (std::size_t k = 1; k < known.size(); ++k)
        if (fallsBetween(points[known[k - 1]], points[known[k]])) check.falls.push_back(known[k]);
    for (std::size_t k = 1; k + 1 < known.size(); ++k)
        check.overChord[known[k]] =
            overChordOf(points[known[k - 1]], points[known[k]], points[known[k + 1]]);
    return check;
}

}  // namespace skd
