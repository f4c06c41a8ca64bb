#include "distill/training_rules.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/text.h"

namespace skd {

double learningRateAt(const DistillSpec& spec, std::int64_t step, double peak) {
    if (step < spec.warmup)
        return peak * static_cast<double>(step + 1) / static_cast<double>(spec.warmup);
    if (spec.schedule == Schedule::Constant || spec.steps <= spec.warmup) return peak;
    const double progress =
        static_cast<double>(step - spec.warmup) / static_cast<double>(spec.steps - spec.warmup);
    return peak * 0.5 * (1.0 + std::cos(std::numbers::pi * std::fmin(progress, 1.0)));
}

std::int64_t averagedAfter(const DistillSpec& spec, std::int64_t step) {
    if (spec.average <= 0 || spec.steps <= 0) return 0;
    const double share = spec.average * static_cast<double>(spec.steps);
    const auto averaged = std::clamp<std::int64_t>(std::llround(share), 1, spec.steps);
    return std::max<std::int64_t>(0, step - (spec.steps - averaged));
}

double rateFactorOf(const std::string& name, const DistillSpec& spec) {
    if (name == kEmbeddingName || name == kHeadName) return spec.embeddingRate;
    return name.find(".mlp.") != std::string::npos ? spec.mlpRate : spec.attentionRate;
}

StopDecision StoppingRules::add(std::int64_t step, double perplexity) {
    m_history.push_back(perplexity);
    StopDecision decision;
    decision.best = std::isfinite(perplexity) && perplexity < m_best;
    if (decision.best) {
        m_best = perplexity;
        m_bestStep = step;
    }
    if (m_spec.stopOnRise && risen())
        decision.reason = StopReason::Rise;
    else if (m_spec.stopOnPlateau && levelled())
        decision.reason = StopReason::Plateau;
    return decision;
}

double StoppingRules::minimumOf(std::size_t count) const {
    double minimum = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < count; ++i)
        if (std::isfinite(m_history[i])) minimum = std::min(minimum, m_history[i]);
    return minimum;
}

bool StoppingRules::risen() const {
    const auto patience = static_cast<std::size_t>(m_spec.patience);
    if (m_history.size() <= patience) return false;
    const double limit = minimumOf(m_history.size() - patience) * (1.0 + m_spec.riseTolerance);
    return std::all_of(m_history.end() - static_cast<std::ptrdiff_t>(patience), m_history.end(),
                       [&](double value) { return !std::isfinite(value) || value > limit; });
}

bool StoppingRules::levelled() const {
    const auto patience = static_cast<std::size_t>(m_spec.patience);
    if (m_history.size() <= patience) return false;
    const double before = minimumOf(m_history.size() - patience);
    const double now = minimumOf(m_history.size());
    return std::isfinite(before) && now > before * (1.0 - m_spec.plateauImprovement);
}

std::string StoppingRules::explain(StopReason reason) const {
    const std::string least =
        strCat("the lowest live perplexity is ", formatNumber(m_best, 5), " at step ", m_bestStep);
    if (reason == StopReason::Rise)
        return strCat("the live perplexity rose: ", least, ", and the last ", m_spec.patience,
                      " evaluations were more than ", formatNumber(100 * m_spec.riseTolerance, 3),
                      " % above it");
    if (reason == StopReason::Plateau)
        return strCat("the live perplexity levelled off: ", least, ", and ", m_spec.patience,
                      " evaluations improved it by less than ",
                      formatNumber(100 * m_spec.plateauImprovement, 3), " %");
    return strCat("all steps were done; ", least);
}

Json StoppingRules::toJson() const {
    Json history = Json::array();
    for (const double value : m_history)
        history.push_back(std::isfinite(value) ? Json(value) : Json(nullptr));
    return {{"history", history}, {"best_step", m_bestStep}};
}

Status StoppingRules::fromJson(const Json& json) {
    if (!memberOf(json, "history").is_array() || !memberOf(json, "best_step").is_number_integer())
        return fail(ErrorCode::Corrupt,
                    "the stopping rules' state lacks \"history\" or \"best_step\"");
    m_history.clear();
    for (const Json& value : memberOf(json, "history"))
        m_history.push_back(valueOr(value, std::numeric_limits<double>::quiet_NaN()));
    m_bestStep = valueOr(json, "best_step", std::int64_t{0});
    m_best = minimumOf(m_history.size());
    return {};
}

bool SpikeGuard::isSpike(double norm) {
    const double usual = median();
    if (m_norms.size() == kSpikeWindow) m_norms.erase(m_norms.begin());
    m_norms.push_back(norm);
    return m_factor > 0 && usual > 0 && norm > m_factor * usual;
}

double SpikeGuard::median() const {
    if (m_norms.size() < kSpikeMinimum) return 0;
    std::vector<double> sorted = m_norms;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    return *middle;
}

Status SpikeGuard::fromJson(const Json& json) {
    auto norms = valuesAs<double>(json);
    if (!norms || norms->size() > kSpikeWindow)
        return fail(ErrorCode::Corrupt,
                    "the gradient norms of a checkpoint are no list of numbers");
    m_norms = std::move(*norms);
    return {};
}

}  // namespace skd
