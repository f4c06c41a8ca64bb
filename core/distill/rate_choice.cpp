#include "distill/rate_choice.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "base/text.h"

namespace skd {
namespace {

constexpr double kMemory = 0.8, kRise = 1.05, kDivergence = 1.5, kDescent = 0.98;
constexpr std::size_t kFirstLosses = 5, kSlopeReach = 2;
/// How far below the rate at which the loss rises a rate is safe.
constexpr double kSafety = 0.1;

/// Least-squares slope of `values` over the steps up to kSlopeReach away, per step.
double slopeAt(const std::vector<double>& values, std::size_t at) {
    const std::size_t first = at - std::min(at, kSlopeReach),
                      last = std::min(at + kSlopeReach, values.size() - 1);
    const double middle = 0.5 * static_cast<double>(first + last);
    double products = 0, squares = 0;
    for (std::size_t i = first; i <= last; ++i) {
        const double x = static_cast<double>(i) - middle;
        products += x * values[i];
        squares += x * x;
    }
    return squares > 0 ? products / squares : 0;
}

std::size_t steepestUpTo(const std::vector<double>& values, std::size_t last) {
    std::size_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i <= last; ++i)
        if (const double slope = slopeAt(values, i); slope < least) {
            least = slope;
            best = i;
        }
    return best;
}

/// The losses up to the first that is not finite.
std::vector<double> finiteStart(const std::vector<double>& losses) {
    const auto end = std::find_if(losses.begin(), losses.end(),
                                  [](double loss) { return !std::isfinite(loss); });
    return {losses.begin(), end};
}

std::string rateText(double rate) {
    return formatNumber(rate, 3);
}

}  // namespace

double rampRate(std::int64_t step, std::int64_t steps) {
    const double share =
        steps > 1 ? static_cast<double>(step) / static_cast<double>(steps - 1) : 0.0;
    return kLowestRate * std::pow(kHighestRate / kLowestRate, share);
}

std::vector<double> smoothed(const std::vector<double>& losses) {
    std::vector<double> means;
    double sum = 0, weight = 0;
    for (const double loss : losses) {
        sum = kMemory * sum + loss;
        weight = kMemory * weight + 1;
        means.push_back(sum / weight);
    }
    return means;
}

bool hasDiverged(const std::vector<double>& losses) {
    if (losses.empty()) return false;
    if (!std::isfinite(losses.back())) return true;
    const std::vector<double> means = smoothed(losses);
    return means.back() > kDivergence * *std::min_element(means.begin(), means.end());
}

RateChoice chooseRate(std::vector<double> losses, std::int64_t steps, double fallback) {
    const std::vector<double> finite = finiteStart(losses), means = smoothed(finite);
    RateChoice choice{fallback, {}, false, std::move(losses)};
    if (finite.size() < kFirstLosses) {
        choice.reason = strCat("only ", finite.size(), " of its losses were finite");
        return choice;
    }
    const double start =
        std::accumulate(finite.begin(), finite.begin() + kFirstLosses, 0.0) / kFirstLosses;
    const auto least =
        static_cast<std::size_t>(std::min_element(means.begin(), means.end()) - means.begin());
    if (!(means[least] < kDescent * start)) {
        choice.reason = strCat("its loss did not descend: ", formatNumber(start, 4),
                               " at first, at least ", formatNumber(means[least], 4), " later");
        return choice;
    }
    const double steepest = rampRate(static_cast<std::int64_t>(steepestUpTo(means, least)), steps);
    std::size_t risen = least;
    while (risen < means.size() && means[risen] <= kRise * means[least]) ++risen;
    choice.isFound = true;
    choice.rate = steepest;
    choice.reason = strCat("its loss descends most steeply at ", rateText(steepest));
    // A loss that is no longer finite has risen, too.
    if (risen == means.size() && finite.size() == choice.losses.size()) return choice;
    const double rise = rampRate(static_cast<std::int64_t>(risen), steps);
    choice.rate = std::min(steepest, kSafety * rise);
    choice.reason += strCat(" and has risen at ", rateText(rise),
                            choice.rate < steepest ? ", of which a tenth is taken" : "");
    return choice;
}

Json RateChoice::toJson() const {
    Json values = Json::array();
    for (const double loss : losses)
        values.push_back(std::isfinite(loss) ? Json(loss) : Json(nullptr));
    return {{"rate", rate}, {"reason", reason}, {"found", isFound}, {"losses", values}};
}

Result<RateChoice> RateChoice::fromJson(const Json& json) {
    const auto has = [&](const char* name, bool (Json::*kind)() const noexcept) {
        return json.contains(name) && (json[name].*kind)();
    };
    if (!json.is_object() || !has("rate", &Json::is_number) || !has("reason", &Json::is_string) ||
        !has("found", &Json::is_boolean) || !has("losses", &Json::is_array))
        return fail(ErrorCode::Corrupt,
                    "the record of a learning-rate ramp lacks rate, reason, found or losses");
    RateChoice choice{
        valueOr(json, "rate", 0.0), valueOr(json, "reason", ""), valueOr(json, "found", false), {}};
    for (const Json& loss : memberOf(json, "losses"))
        choice.losses.push_back(valueOr(loss, std::numeric_limits<double>::quiet_NaN()));
    return choice;
}

}  // namespace skd
