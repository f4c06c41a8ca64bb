#include "results/task_scores.h"

#include <algorithm>

#include "base/statistics.h"
#include "base/text.h"
#include "results/consistency_summary.h"

namespace skd {
namespace {

template <class T>
const T* named(const NamedValues<T>& values, const std::string& name) {
    const auto found = std::ranges::find(values, name, &std::pair<std::string, T>::first);
    return found == values.end() ? nullptr : &found->second;
}

bool isBinary(const std::vector<double>& values) {
    return std::ranges::all_of(values, [](double value) { return value == 0 || value == 1; });
}

}  // namespace

const std::vector<double>* TaskOutcomes::find(const std::string& measure) const {
    return named(measures, measure);
}

const TaskOutcomes* TaskScores::find(const std::string& model) const {
    return named(models, model);
}

TaskMeasure taskMeasure(const std::string& measure, const std::vector<double>& values) {
    const double kNone = std::nan("");
    if (values.empty()) return {kNone, kNone};
    const auto count = static_cast<double>(values.size());
    double sum = 0, squares = 0;
    for (const double value : values) sum += value;
    const double mean = sum / count;
    for (const double value : values) squares += (value - mean) * (value - mean);
    const double error =
        values.size() < 2 ? kNone : std::sqrt(squares / (count - 1)) / std::sqrt(count);
    if (measure != kLogLikelihood) return {mean, error};
    return {std::exp(-mean), std::exp(-mean) * error};
}

std::string taskMeasureTitle(const std::string& measure) {
    return measure == kLogLikelihood ? "perplexity" : measure;
}

TaskDifference taskDifference(const std::vector<double>& before, const std::vector<double>& after) {
    const PromptMean paired = differenceOverPrompts(before, after);
    TaskDifference difference{paired.mean, paired.halfWidth, 0, 0, std::nan("")};
    if (before.size() != after.size() || !isBinary(before) || !isBinary(after)) return difference;
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (before[i] > after[i]) ++difference.lost;
        if (before[i] < after[i]) ++difference.won;
    }
    difference.pValue = mcNemarExact(difference.lost, difference.won);
    return difference;
}

double mcNemarExact(std::int64_t lost, std::int64_t won) {
    const auto all = static_cast<double>(lost + won);
    double sum = 0;
    for (std::int64_t k = 0; k <= std::min(lost, won); ++k) {
        const auto some = static_cast<double>(k);
        sum += std::exp(std::lgamma(all + 1) - std::lgamma(some + 1) - std::lgamma(all - some + 1) -
                        all * std::log(2.0));
    }
    return std::min(1.0, 2 * sum);
}

std::string measureText(const TaskMeasure& measure) {
    const auto text = [&](double value) {
        return measure.value < 10 ? formatFixed(value, 3) : formatNumber(value, 4);
    };
    if (std::isnan(measure.value)) return "–";
    return std::isnan(measure.standardError)
               ? text(measure.value)
               : strCat(text(measure.value), " ± ", text(measure.standardError));
}

std::string differenceText(const TaskDifference& difference) {
    if (std::isnan(difference.mean)) return "–";
    std::string text = (difference.mean > 0 ? "+" : "") + formatFixed(difference.mean, 3);
    if (!std::isnan(difference.halfWidth)) text += " ± " + formatFixed(difference.halfWidth, 3);
    if (std::isnan(difference.pValue)) return text;
    constexpr double kLeastShown = 0.001;
    return text + (difference.pValue < kLeastShown ? std::string(", p < 0.001")
                                                   : ", p = " + formatFixed(difference.pValue, 3));
}

Json toJson(const TaskMeasure& measure) {
    return {{"value", numberJson(measure.value)},
            {"standard_error", finiteOrNull(measure.standardError)}};
}

Json toJson(const TaskDifference& difference) {
    Json json{{"mean", finiteOrNull(difference.mean)},
              {"half_width", finiteOrNull(difference.halfWidth)}};
    if (std::isnan(difference.pValue)) return json;
    json["lost"] = difference.lost;
    json["won"] = difference.won;
    json["p_value"] = difference.pValue;
    return json;
}

}  // namespace skd
