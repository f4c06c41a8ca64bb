#include "run/rank_plan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/text.h"
#include "prune/allocation.h"

namespace skd {
namespace {

/// Without calibration there are only plain spectra.
Truncation effectiveTruncation(const Analysis& analysis, Truncation wanted) {
    const bool whitened = !analysis.matrices.empty() && !analysis.matrices.front().whitened.empty();
    return whitened ? wanted : Truncation::Plain;
}

/// Probes truncate by the whitened spectra where there are any.
Truncation probedTruncation(const Analysis& analysis) { return effectiveTruncation(analysis, Truncation::Whitened); }

}  // namespace

RankPlan::RankPlan(AnalysisPtr analysis, Truncation truncation, std::int64_t multiple)
    : m_analysis(std::move(analysis)), m_truncation(effectiveTruncation(*m_analysis, truncation)), m_multiple(multiple) {
    if (m_truncation == probedTruncation(*m_analysis)) m_measured = matrixWeights(*m_analysis, m_truncation, WeightRule::Measured);
    m_ranks.assign(m_analysis->matrices.size(), 0);
    for (std::size_t i = 0; i < m_ranks.size(); ++i) m_tails.push_back(squaredTail(spectrum(i)));
}

bool RankPlan::hasMeasuredWeights() const {
    return !m_measured.empty() && std::all_of(m_measured.begin(), m_measured.end(), [](double w) { return std::isfinite(w); });
}

const std::vector<double>& RankPlan::spectrum(std::size_t matrix) const {
    return spectrumOf(m_analysis->matrices[matrix], m_truncation);
}

double RankPlan::energy(std::size_t matrix) const {
    const std::vector<double>& tail = m_tails[matrix];
    const auto rank = static_cast<std::size_t>(m_ranks[matrix]);
    if (rank == 0 || rank >= tail.size() || tail.front() <= 0) return 1.0;
    return 1.0 - tail[rank] / tail.front();
}

std::int64_t RankPlan::rankForEnergy(std::size_t matrix, double energy) const {
    return skd::rankForEnergy(m_analysis->matrices[matrix].info, m_tails[matrix], energy, m_multiple);
}

std::int64_t RankPlan::deadZoneBegin(std::size_t matrix) const {
    const MatrixInfo& info = m_analysis->matrices[matrix].info;
    const AllocationItem item{info.rows, info.columns, &m_tails[matrix], 1, {}};
    const std::vector<std::int64_t> hull = hullRanks(item, 1);
    return hull.size() >= 2 ? std::min(hull[hull.size() - 2] + 1, info.breakEven()) : info.breakEven();
}

void RankPlan::setRank(std::size_t matrix, std::int64_t rank) {
    const MatrixInfo& info = m_analysis->matrices[matrix].info;
    if (rank > 0) rank = std::max(m_multiple, (rank + m_multiple / 2) / m_multiple * m_multiple);
    m_ranks[matrix] = rank > 0 && info.parametersAt(rank) < info.parameters() ? rank : 0;
}

void RankPlan::setRanks(std::vector<std::int64_t> ranks) {
    if (ranks.size() == m_ranks.size()) m_ranks = std::move(ranks);
}

void RankPlan::makeDense() { std::fill(m_ranks.begin(), m_ranks.end(), 0); }

void RankPlan::solveUniform(double removed) {
    for (std::size_t i = 0; i < m_ranks.size(); ++i)
        m_ranks[i] = removed <= 0 ? 0 : uniformRank(m_analysis->matrices[i].info, removed, m_multiple);
}

void RankPlan::solveEnergy(double energy) {
    for (std::size_t i = 0; i < m_ranks.size(); ++i) m_ranks[i] = rankForEnergy(i, energy);
}

void RankPlan::solveBudget(double removed, WeightRule rule, const std::vector<bool>& locked) {
    if (rule == WeightRule::Measured && !hasMeasuredWeights()) rule = WeightRule::Relative;
    const std::vector<double> weights = matrixWeights(*m_analysis, m_truncation, rule);
    BudgetProblem problem{removed, m_multiple, m_tails, weights, {}};
    for (std::size_t i = 0; i < locked.size() && i < m_ranks.size(); ++i)
        problem.locked.push_back(locked[i] ? std::optional(m_ranks[i]) : std::nullopt);
    m_ranks = allocateBudget(*m_analysis, problem);
}

Price RankPlan::price() const {
    Price price;
    if (!hasMeasuredWeights()) price.predictedKl = std::numeric_limits<double>::quiet_NaN();
    std::int64_t kept = 0, dense = 0;
    for (std::size_t i = 0; i < m_ranks.size(); ++i) {
        const MatrixInfo& info = m_analysis->matrices[i].info;
        kept += info.parametersAt(m_ranks[i]);
        dense += info.parameters();
        if (m_ranks[i] > 0 && std::isfinite(price.predictedKl)) price.predictedKl += m_measured[i] * m_tails[i][static_cast<std::size_t>(m_ranks[i])];
    }
    const ModelSummary& model = m_analysis->model;
    price.parameters = model.totalParameters - (dense - kept);
    price.bytes = 2 * price.parameters;
    if (dense > 0) price.mlpRemoved = static_cast<double>(dense - kept) / static_cast<double>(dense);
    if (model.totalParameters > 0)
        price.parametersRemoved = static_cast<double>(dense - kept) / static_cast<double>(model.totalParameters);
    // Every weight of a GEMM costs one multiply-add per token; a tied embedding works as head, an untied one is a lookup.
    const std::int64_t lookup = model.tiedHead ? 0 : model.vocabularySize * model.hiddenSize;
    const auto gemm = static_cast<double>(model.totalParameters - lookup);
    if (gemm > 0) price.gemmFlops = (gemm - static_cast<double>(dense - kept)) / gemm;
    return price;
}

Json RankPlan::toJson() const {
    Json ranks = Json::object();
    for (std::size_t i = 0; i < m_ranks.size(); ++i) ranks[m_analysis->matrices[i].info.name] = m_ranks[i];
    return {{"format", "sparsekd-ranks"}, {"model", m_analysis->model.name}, {"ranks", ranks}};
}

Status RankPlan::fromJson(const Json& json) {
    if (!json.is_object() || json.value("format", "") != "sparsekd-ranks" || !json.contains("ranks") || !json["ranks"].is_object())
        return fail(ErrorCode::InvalidInput, "this is not a rank profile: an object with \"format\": \"sparsekd-ranks\" and \"ranks\" is needed");
    std::map<std::string, std::size_t> indexOf;
    for (std::size_t i = 0; i < m_ranks.size(); ++i) indexOf[m_analysis->matrices[i].info.name] = i;
    std::vector<std::int64_t> ranks(m_ranks.size(), 0);
    for (const auto& [name, value] : json["ranks"].items()) {
        const auto found = indexOf.find(name);
        if (found == indexOf.end())
            return fail(ErrorCode::InvalidInput, strCat("the rank profile names ", name, ", which this model does not have"));
        const MatrixInfo& info = m_analysis->matrices[found->second].info;
        if (!value.is_number_integer() || value.get<std::int64_t>() < 0 || value.get<std::int64_t>() > std::min(info.rows, info.columns))
            return fail(ErrorCode::InvalidInput, strCat("rank of ", name, " must be a whole number from 0 to ", std::min(info.rows, info.columns)));
        ranks[found->second] = value.get<std::int64_t>();
        indexOf.erase(found);
    }
    if (!indexOf.empty()) return fail(ErrorCode::InvalidInput, strCat("the rank profile has no rank for ", indexOf.begin()->first));
    m_ranks = std::move(ranks);
    return {};
}

}  // namespace skd
