#include <algorithm>
#include <cmath>

#include "carve/carve_state.h"

/// The page over the sizes of an elastic run.
namespace skd {

void CarveState::openSizes(const AnalysisPtr& analysis, ElasticSizesPtr sizes, double removed) {
    m_sizes = std::move(sizes);
    m_recovered = QString::fromStdString(RunReference{m_sizes->run(), {}, {}}.text());
    // Prices are of the form that the run's slices have.
    setAnalysis(withForm(*analysis, m_sizes->path().matrices().front().form));
    m_plan->setRanks(m_sizes->ranksAt(removed));
    applyPreset(m_now.rule, RankPreset::Hand);
    republish();
    undoStack().clear();
}

bool CarveState::isOf(const QString& openModel) const {
    return m_sizes ? openModel == m_recovered : m_recovered.isEmpty() || openModel != m_recovered;
}

void CarveState::moveAlongPath(double removed) {
    if (!m_sizes) return;
    edit(tr("size"), RankPreset::Hand, [&](RankPlan& plan) {
        std::vector<std::int64_t> ranks = m_sizes->ranksAt(removed);
        for (std::size_t i = 0; i < ranks.size(); ++i)
            if (lockedMatrix(i)) ranks[i] = plan.ranks()[i];
        plan.setRanks(std::move(ranks));
    });
}

void CarveState::setShares(const std::vector<std::pair<int, double>>& shares,
                           std::optional<MatrixKind> kind) {
    if (!m_sizes || shares.empty()) return;
    edit(shares.size() == 1 ? tr("layer %1").arg(shares.front().first)
                            : tr("%1 layers").arg(shares.size()),
         RankPreset::Hand, [&](RankPlan& plan) {
             std::vector<std::int64_t> ranks = plan.ranks();
             for (const auto& [layer, share] : shares)
                 for (std::size_t i : layerMatrices(layer))
                     if (!locked(layer) && (!kind || info(i).kind == *kind))
                         ranks[i] = m_sizes->rankAt(i, share);
             plan.setRanks(std::move(ranks));
         });
}

void CarveState::setTrained(const QString& text, const std::vector<std::size_t>& matrices,
                            const std::function<std::int64_t(std::int64_t)>& wanted) {
    edit(text, RankPreset::Hand, [&](RankPlan& plan) {
        std::vector<std::int64_t> ranks = plan.ranks();
        for (std::size_t i : matrices) {
            if (lockedMatrix(i)) continue;
            const std::int64_t now =
                ranks[i] > 0 ? ranks[i] : std::min(info(i).rows, info(i).columns);
            ranks[i] = m_sizes->trainedRank(i, wanted(now));
        }
        plan.setRanks(std::move(ranks));
    });
}

void CarveState::nudgeTrained(const std::vector<std::size_t>& matrices, int steps) {
    setTrained(tr("ranks"), matrices, [=](std::int64_t now) {
        return std::max<std::int64_t>(1, now + steps * kMultiple);
    });
}

double CarveState::energyAt(std::size_t matrix, std::int64_t rank) const {
    const double trained = m_sizes ? m_sizes->energyAt(matrix, rank) : std::nan("");
    return std::isnan(trained) ? spectrumEnergyAt(matrix, rank) : trained;
}

double CarveState::spectrumEnergyAt(std::size_t matrix, std::int64_t rank) const {
    const std::vector<double>& cumulative = m_cumulative[matrix];
    if (rank <= 0 || static_cast<std::size_t>(rank) >= cumulative.size()) return 1;
    return cumulative[rank];
}

double CarveState::faderShare(int layer, std::optional<MatrixKind> kind,
                              const std::vector<std::int64_t>& ranks) const {
    double sum = 0, count = 0;
    for (std::size_t i : layerMatrices(layer))
        if (!kind || info(i).kind == *kind) {
            sum += m_sizes->shareOf(i, ranks[i]);
            ++count;
        }
    return count > 0 ? sum / count : 1;
}

SizePerplexity CarveState::sizePerplexity() const {
    RankPlan tried = *m_plan;
    return m_sizes->perplexityOf(m_now.ranks, [&](const std::vector<std::int64_t>& ranks) {
        tried.setRanks(ranks);
        return tried.price().predictedKl;
    });
}

}  // namespace skd
