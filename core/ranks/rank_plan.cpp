#include "ranks/rank_plan.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"
#include "ranks/damage.h"
#include "ranks/latency.h"
#include "ranks/rank_rules.h"

namespace skd {
namespace {

/// Without calibration there are only plain spectra; with it one other truncation.
Truncation effectiveTruncation(const Analysis& analysis, Truncation wanted) {
    const bool weighted = !analysis.matrices.empty() && !analysis.matrices.front().weighted.empty();
    return weighted && wanted != Truncation::Plain ? analysis.truncation : Truncation::Plain;
}

/// Probes truncate by the analysis' truncation.
Truncation probedTruncation(const Analysis& analysis) {
    return effectiveTruncation(analysis, Truncation::Whitened);
}

}  // namespace

AnalysisPtr withForm(const Analysis& analysis, MatrixForm form) {
    auto other = std::make_shared<Analysis>(analysis);
    for (MatrixSpectrum& matrix : other->matrices) matrix.info.form = form;
    return other;
}

RankPlan::RankPlan(AnalysisPtr analysis, Truncation truncation, std::int64_t multiple)
    : m_analysis(std::move(analysis)),
      m_truncation(effectiveTruncation(*m_analysis, truncation)),
      m_multiple(multiple) {
    m_measured = m_truncation == probedTruncation(*m_analysis) && hasProbes(*m_analysis);
    m_ranks.assign(m_analysis->matrices.size(), 0);
    for (std::size_t i = 0; i < m_ranks.size(); ++i) m_tails.push_back(squaredTail(spectrum(i)));
    if (m_measured)
        m_nats = damageCurves(*m_analysis, {m_truncation, WeightRule::Measured, {}});
    else if (m_truncation == Truncation::Fisher)
        m_nats = damageCurves(*m_analysis, {m_truncation, WeightRule::Unit, {}});
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
    return skd::rankForEnergy(m_analysis->matrices[matrix], m_tails[matrix], energy, m_multiple);
}

std::int64_t RankPlan::deadZoneBegin(std::size_t matrix) const {
    const MatrixSpectrum& spectrum = m_analysis->matrices[matrix];
    const std::int64_t limit =
        spectrum.currentRank > 0 ? spectrum.currentRank : spectrum.info.breakEven();
    const std::vector<double>& damage = m_nats.empty() ? m_tails[matrix] : m_nats[matrix];
    const AllocationItem item = AllocationItem::of(spectrum, damage);
    const std::vector<std::int64_t> hull = hullRanks(item, 1);
    return hull.size() >= 2 ? std::min(hull[hull.size() - 2] + 1, limit) : limit;
}

void RankPlan::setRank(std::size_t matrix, std::int64_t rank) {
    if (rank > 0) rank = std::max(m_multiple, (rank + m_multiple / 2) / m_multiple * m_multiple);
    m_ranks[matrix] = cheaper(m_analysis->matrices[matrix], rank);
}

void RankPlan::setRanks(std::vector<std::int64_t> ranks) {
    if (ranks.size() == m_ranks.size()) m_ranks = std::move(ranks);
}

void RankPlan::dropWasted() {
    for (std::size_t i = 0; i < m_ranks.size(); ++i)
        m_ranks[i] = cheaper(m_analysis->matrices[i], m_ranks[i]);
}

Status RankPlan::solve(PruneSpec spec, std::uint64_t seed) {
    spec.truncation = m_truncation;
    spec.rankMultiple = m_multiple;
    spec.weights = weightsFor(spec.weights);
    RankBase base;
    base.seed = seed;
    base.latency = m_times.get();
    base.held = &m_ranks;
    SKD_TRY(m_ranks, chooseRanks(*m_analysis, spec, base));
    return {};
}

/// By bisection on what is lost.
double RankPlan::energyFor(double removed, PruneSpec spec) const {
    RankPlan trial = *this;
    spec.method = PruneMethod::Svd;
    spec.ranks = RankRule::Energy;
    double low = -9, high = 0;  // log10(1 - energy): more lost, more removed
    for (int i = 0; i < 30; ++i) {
        const double middle = (low + high) / 2;
        spec.energy = 1 - std::pow(10.0, middle);
        if (!trial.solve(spec)) break;
        (trial.price().mlpRemoved < removed ? low : high) = middle;
    }
    return 1 - std::pow(10.0, high);
}

WeightRule RankPlan::weightsFor(WeightRule wanted) const {
    if (wanted != WeightRule::Measured || hasMeasuredWeights()) return wanted;
    return m_truncation == Truncation::Fisher ? WeightRule::Unit : WeightRule::Relative;
}

Status RankPlan::setTimes(const BreakEvenTable& table, std::int64_t batch) {
    m_times = nullptr;
    SKD_TRY(RankTimes times, latencyCosts(*m_analysis, table, batch));
    m_times = std::make_shared<const RankTimes>(std::move(times));
    return {};
}

MatrixForm RankPlan::form() const {
    return m_analysis->matrices.empty() ? MatrixForm::Factored
                                        : m_analysis->matrices.front().info.form;
}

bool RankPlan::isChosenBy(const PruneSpec& spec) const {
    RankBase base;
    base.latency = m_times.get();
    const auto chosen = chooseRanks(*m_analysis, spec, base);
    return spec.form == form() && spec.mlpArm == MlpArm::Factored && chosen && *chosen == m_ranks;
}

std::size_t RankPlan::tierOf(std::int64_t layer) const {
    return skd::tierOf(layer, layerCount(*m_analysis));
}

Price RankPlan::price() const {
    Price price;
    if (m_nats.empty()) price.predictedKl = std::numeric_limits<double>::quiet_NaN();
    std::int64_t kept = 0, now = 0, dense = 0, orders = 0;
    for (std::size_t i = 0; i < m_ranks.size(); ++i) {
        const MatrixSpectrum& matrix = m_analysis->matrices[i];
        kept += matrix.parametersAt(m_ranks[i]);
        now += matrix.parametersAt(0);
        dense += matrix.info.parameters();
        const bool isBlock = m_ranks[i] > 0 ? matrix.info.form == MatrixForm::IdentityBlock
                                            : matrix.currentForm == MatrixForm::IdentityBlock;
        if (isBlock) orders += permutationBytes(matrix.info.rows);
        if (m_ranks[i] > 0 && !m_nats.empty())
            price.predictedKl += m_nats[i][static_cast<std::size_t>(m_ranks[i])];
    }
    if (m_times != nullptr) price.timeRemoved = timeRemoved(*m_analysis, *m_times, m_ranks);
    const ModelSummary& model = m_analysis->model;
    price.parameters = model.totalParameters - (now - kept);
    price.bytes = 2 * price.parameters + orders;
    if (dense > 0)
        price.mlpRemoved = static_cast<double>(dense - kept) / static_cast<double>(dense);
    const std::int64_t all =
        model.totalParameters + dense - now;  // of the dense model, also in later rounds
    if (all > 0)
        price.parametersRemoved = static_cast<double>(dense - kept) / static_cast<double>(all);
    // Every weight of a GEMM costs one multiply-add per token; a tied embedding works as head, an
    // untied one is a lookup.
    const std::int64_t lookup = model.tiedHead ? 0 : model.vocabularySize * model.hiddenSize;
    const auto gemm = static_cast<double>(all - lookup);
    if (gemm > 0) price.gemmFlops = (gemm - static_cast<double>(dense - kept)) / gemm;
    return price;
}

Json RankPlan::toJson() const {
    Json ranks = Json::object();
    for (std::size_t i = 0; i < m_ranks.size(); ++i)
        ranks[m_analysis->matrices[i].info.name] = m_ranks[i];
    return {{"format", "sparsekd-ranks"}, {"model", m_analysis->model.name}, {"ranks", ranks}};
}

Status RankPlan::fromJson(const Json& json) {
    if (valueOr(json, "format", "") != "sparsekd-ranks" || !memberOf(json, "ranks").is_object())
        return fail(ErrorCode::InvalidInput,
                    "this is not a rank profile: an object with \"format\": \"sparsekd-ranks\" and "
                    "\"ranks\" is needed");
    std::map<std::string, std::size_t> indexOf;
    for (std::size_t i = 0; i < m_ranks.size(); ++i) indexOf[m_analysis->matrices[i].info.name] = i;
    std::vector<std::int64_t> ranks(m_ranks.size(), 0);
    for (const auto& [name, value] : memberOf(json, "ranks").items()) {
        const auto found = indexOf.find(name);
        if (found == indexOf.end())
            return fail(ErrorCode::InvalidInput, strCat("the rank profile names ", name,
                                                        ", which this model does not have"));
        const MatrixInfo& info = m_analysis->matrices[found->second].info;
        const auto rank = valueOr(value, std::int64_t{-1});
        if (rank < 0 || rank > std::min(info.rows, info.columns))
            return fail(ErrorCode::InvalidInput,
                        strCat("rank of ", name, " must be a whole number from 0 to ",
                               std::min(info.rows, info.columns)));
        ranks[found->second] = rank;
        indexOf.erase(found);
    }
    if (!indexOf.empty())
        return fail(ErrorCode::InvalidInput,
                    strCat("the rank profile has no rank for ", indexOf.begin()->first));
    m_ranks = std::move(ranks);
    return {};
}

}  // namespace skd
