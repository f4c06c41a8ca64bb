#include "report/contrast.h"

#include "base/text.h"

namespace skd {
namespace {

/// A run's figure and, in a difference, the reference's of the same seed.
using Pair = std::pair<Measured, const Measured*>;

double differenceOf(const Pair& pair) {
    return pair.first.value - (pair.second == nullptr ? 0 : pair.second->value);
}

bool hasBlocks(const Pair& pair, const BlockSums& like) {
    const auto& [own, reference] = pair;
    if (own.blocks == nullptr || !own.blocks->pairsWith(like)) return false;
    return reference == nullptr ||
           (reference->blocks != nullptr && reference->blocks->pairsWith(like));
}

/// Scatter between blocks of the mean over seeds.
RatioError textError(const std::vector<Pair>& pairs) {
    if (pairs.empty() || pairs.front().first.blocks == nullptr) return {};
    const BlockSums& like = *pairs.front().first.blocks;
    BlockSums mean = like;
    mean.values.assign(like.values.size(), 0);
    for (const Pair& pair : pairs) {
        if (!hasBlocks(pair, like)) return {};
        for (std::size_t i = 0; i < mean.values.size(); ++i)
            mean.values[i] += (pair.first.blocks->values[i] -
                               (pair.second == nullptr ? 0 : pair.second->blocks->values[i])) /
                              static_cast<double>(pairs.size());
    }
    return mean.error();
}

Contrast contrastOf(const std::vector<Pair>& pairs) {
    std::vector<double> values;
    for (const Pair& pair : pairs) values.push_back(differenceOf(pair));
    const Statistic statistic = summarise(values);
    Contrast out{statistic.count, statistic.mean, kNan, {}};
    if (statistic.dropped > 0) return out;
    if (statistic.count > 1)
        out.seedError = statistic.deviation / std::sqrt(static_cast<double>(statistic.count));
    out.text = textError(pairs);
    return out;
}

/// The losses behind the perplexity that a run ended with, or null.
const RoundSummary* lastDistilled(const RunSummary& summary) {
    const RoundSummary* last = nullptr;
    for (const RoundSummary& round : summary.rounds)
        if (!round.rolledBack && round.postKdPpl) last = &round;
    return last;
}

const BlockSums* finalBlocks(const RunSummary& summary) {
    const RoundSummary* last = lastDistilled(summary);
    return last != nullptr && last->postKdPpl == summary.postKdPpl ? &last->postKdBlocks : nullptr;
}

template <class Figure>
std::vector<Measured> measuredOf(const std::vector<const StudyRun*>& runs, const Figure& figure) {
    std::vector<Measured> out;
    for (const StudyRun* run : runs) {
        Measured measured = figure(run->summary);
        measured.seed = run->seed;
        if (std::isfinite(measured.value)) out.push_back(measured);
    }
    return out;
}

/// The comparison of a run's quality, empty where there is none.
const QualityComparison& comparisonOf(const RunSummary& summary) {
    static const QualityComparison none;
    return summary.quality && summary.quality->comparison ? *summary.quality->comparison : none;
}

double finalQuality(const RunSummary& summary, std::optional<double> QualityFigures::*figure) {
    return summary.quality ? valueOrNan(summary.quality->final.*figure) : kNan;
}

/// "VALUE UNIT (LOW to HIGH UNIT)".
template <class Text>
std::string withInterval(const Contrast& c, const char* unit, const Text& text) {
    if (std::isnan(c.mean)) return "–";
    if (!c.hasInterval()) return text(c.mean) + unit;
    return strCat(text(c.mean), unit, " (", text(c.mean - c.halfWidth()), " to ",
                  text(c.mean + c.halfWidth()), unit, ")");
}

std::string plain(double value) {
    return value < 0 ? strCat("−", figureText(-value)) : figureText(value);
}
std::string withSign(double value) {
    return value < 0 ? plain(value) : strCat("+", plain(value));
}
std::string percents(double share) {
    return formatNumber(share * 100, 3);
}
std::string signedPercents(double share) {
    return strCat(share < 0 ? "−" : "+", percents(std::fabs(share)));
}

}  // namespace

double Contrast::standardError() const {
    const bool bySeed = !std::isnan(seedError), byText = !std::isnan(text.standardError);
    if (!bySeed && !byText) return kNan;
    return std::hypot(bySeed ? seedError : 0, byText ? text.standardError : 0);
}

double Contrast::halfWidth() const {
    const double bySeed = studentQuantile(seeds - 1.0) * seedError, byText = text.halfWidth();
    if (std::isnan(bySeed)) return byText;
    return std::isnan(byText) ? bySeed : std::hypot(bySeed, byText);
}

Contrast estimate(const std::vector<Measured>& arm) {
    std::vector<Pair> pairs;
    for (const Measured& measured : arm) pairs.emplace_back(measured, nullptr);
    return contrastOf(pairs);
}

Contrast difference(const std::vector<Measured>& arm, const std::vector<Measured>& reference) {
    std::vector<Pair> pairs;
    for (const Measured& own : arm)
        for (const Measured& other : reference)
            if (own.seed == other.seed) {
                pairs.emplace_back(own, &other);
                break;
            }
    return contrastOf(pairs);
}

std::vector<Measured> logPerplexities(const std::vector<const StudyRun*>& runs,
                                      std::int64_t round) {
    return measuredOf(runs, [round](const RunSummary& summary) -> Measured {
        if (round == 0) return {0, std::log(summary.finalPpl()), finalBlocks(summary)};
        const RoundSummary* found = summary.findRound(round);
        if (found == nullptr || found->rolledBack) return {};
        return {0, std::log(valueOrNan(found->postKdPpl)), &found->postKdBlocks};
    });
}

std::vector<Measured> denseLogPerplexities(const std::vector<const StudyRun*>& runs) {
    return measuredOf(runs, [](const RunSummary& summary) -> Measured {
        return {0, std::log(valueOrNan(summary.densePpl)), &summary.denseBlocks};
    });
}

std::vector<Measured> divergences(const std::vector<const StudyRun*>& runs) {
    return measuredOf(runs, [](const RunSummary& summary) -> Measured {
        return {0, finalQuality(summary, &QualityFigures::klToDense),
                &comparisonOf(summary).klBlocks};
    });
}

std::vector<Measured> agreements(const std::vector<const StudyRun*>& runs) {
    return measuredOf(runs, [](const RunSummary& summary) -> Measured {
        return {0, finalQuality(summary, &QualityFigures::agreement),
                &comparisonOf(summary).agreementBlocks};
    });
}

std::string changeText(const Contrast& logarithms) {
    return withInterval(logarithms, " %",
                        [](double value) { return signedPercents(std::expm1(value)); });
}

Json changeJson(const Contrast& logarithms) {
    const double half = logarithms.hasInterval() ? logarithms.halfWidth() : kNan;
    return {{"change", finiteOrNull(std::expm1(logarithms.mean))},
            {"low", finiteOrNull(std::expm1(logarithms.mean - half))},
            {"high", finiteOrNull(std::expm1(logarithms.mean + half))},
            {"standard_error", finiteOrNull(logarithms.standardError())},
            {"seeds", logarithms.seeds}};
}

std::string timesText(const Contrast& logarithms) {
    return withInterval(logarithms, "×",
                        [](double value) { return formatNumber(std::exp(value), 3); });
}

std::string perplexityText(const Contrast& logarithms) {
    return withInterval(logarithms, "", [](double value) { return figureText(std::exp(value)); });
}

std::string figureText(const Contrast& figure) {
    return withInterval(figure, "", plain);
}

std::string shareText(const Contrast& share) {
    return withInterval(share, " %", percents);
}

std::string signedText(const Contrast& difference) {
    return withInterval(difference, "", withSign);
}

std::string pointsText(const Contrast& difference) {
    return withInterval(difference, " points", signedPercents);
}

}  // namespace skd
