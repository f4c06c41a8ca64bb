#include "ranks/size_weights.h"

#include <algorithm>
#include <cmath>

#include "base/members.h"

namespace skd {

SizeWeights::SizeWeights(ElasticWeights rule) : m_rule(rule) {
    m_weights.fill(1);
}

std::size_t SizeWeights::binOf(double size) {
    const double bin = std::floor(size * static_cast<double>(kBins));
    return static_cast<std::size_t>(std::clamp(bin, 0.0, static_cast<double>(kBins - 1)));
}

void SizeWeights::add(double size, double kl) {
    if (!std::isfinite(kl)) return;
    // Rounding can take a KL of nothing below zero.
    const double seen = std::max(kl, kLeastKl);
    std::optional<double>& average = m_kl[binOf(size)];
    average = average ? kDecay * *average + (1 - kDecay) * seen : seen;
}

bool SizeWeights::endStep() {
    if (++m_steps % kInterval != 0 || m_rule == ElasticWeights::Equal) return false;
    update();
    return true;
}

void SizeWeights::update() {
    double sum = 0, count = 0;
    for (const std::optional<double>& average : m_kl)
        if (average) sum += 1 / std::sqrt(*average), ++count;
    for (std::size_t i = 0; i < kBins; ++i)
        m_weights[i] =
            m_kl[i] ? std::clamp(count / (sum * std::sqrt(*m_kl[i])), kLowest, kHighest) : 1;
}

Json SizeWeights::toJson() const {
    Json averages = Json::array();
    for (const std::optional<double>& average : m_kl)
        averages.push_back(average ? Json(*average) : Json());
    return {{"rule", enumName(m_rule)},
            {"steps", m_steps},
            {"kl", std::move(averages)},
            {"weights", m_weights}};
}

Result<SizeWeights> SizeWeights::fromJson(const Json& json) {
    const auto wrong = [](const std::string& what) {
        return fail(ErrorCode::Corrupt, "weights of sizes: " + what);
    };
    std::string rule;
    SizeWeights read;
    std::vector<double> weights;
    SKD_CHECK(located(takeMember(json, "rule", rule), "weights of sizes"));
    SKD_CHECK(located(takeNumber(json, "steps", 0, std::int64_t{1} << 53, read.m_steps),
                      "weights of sizes"));
    SKD_CHECK(located(takeMember(json, "weights", weights), "weights of sizes"));
    const Json& averages = memberOf(json, "kl");
    if (!parseEnum(rule, read.m_rule)) return wrong("\"" + rule + "\" is no rule");
    if (!averages.is_array() || averages.size() != kBins || weights.size() != kBins)
        return wrong(strCat("\"kl\" and \"weights\" must be lists of ", kBins));
    for (std::size_t i = 0; i < kBins; ++i) {
        read.m_kl[i] = valueAs<double>(averages[i]);
        read.m_weights[i] = weights[i];
        const bool isKl = averages[i].is_null() ||
                          (read.m_kl[i] && *read.m_kl[i] > 0 && std::isfinite(*read.m_kl[i]));
        if (!isKl || !(weights[i] >= kLowest && weights[i] <= kHighest))
            return wrong(strCat("bin ", i, " has a KL of ", dumpJson(averages[i]),
                                " and a weight of ", weights[i]));
    }
    return read;
}

}  // namespace skd
