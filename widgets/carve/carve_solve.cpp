#include <algorithm>
#include <cmath>
#include <set>

#include "carve/carve_state.h"

namespace skd {

std::vector<bool> CarveState::lockedMatrices() const {
    std::vector<bool> locks(m_now.ranks.size(), false);
    for (int layer = 0; layer < layers(); ++layer)
        for (std::size_t i : layerMatrices(layer)) locks[i] = locked(layer);
    return locks;
}

/// The energy threshold that removes `removed` of the MLP parameters, by bisection on what is lost.
double CarveState::thresholdFor(double removed) const {
    RankPlan trial = *m_plan;
    const std::vector<bool> locks = lockedMatrices();
    double low = -9, high = 0;  // log10(1 - energy): more lost, more removed
    for (int i = 0; i < 30; ++i) {
        const double middle = (low + high) / 2;
        trial.solveEnergy(1 - std::pow(10.0, middle), locks);
        (trial.price().mlpRemoved < removed ? low : high) = middle;
    }
    return 1 - std::pow(10.0, high);
}

void CarveState::solveThreshold(double energy) {
    edit(tr("energy"), CarveRule::Energy, std::clamp(energy, 0.01, 1.0), [&](RankPlan& plan) {
        m_now.timeBatch = 0;
        plan.solveEnergy(std::clamp(energy, 0.01, 1.0), lockedMatrices());
    });
}

/// By measured or relative weights: the two rules that can also spend time in place of parameters.
void CarveState::solveBudget(CarveRule rule, double removed) {
    const WeightRule weights =
        rule == CarveRule::Relative ? WeightRule::Relative : WeightRule::Measured;
    edit(tr("budget"), rule, removed, [&](RankPlan& plan) {
        if (m_now.timeBatch > 0)
            plan.solveTime(removed, weights, lockedMatrices());
        else
            plan.solveBudget(removed, weights, lockedMatrices());
    });
}

void CarveState::solve(CarveRule rule, double removed) {
    if (!m_plan) return;
    const auto share = [&](const QString& text, const std::function<void(RankPlan&)>& change) {
        edit(text, rule, removed, [&](RankPlan& plan) {
            m_now.timeBatch = 0;  // these rules know parameters only
            change(plan);
        });
    };
    switch (rule) {
        case CarveRule::Uniform:
            return share(tr("uniform"),
                         [&](RankPlan& plan) { plan.solveUniform(removed, lockedMatrices()); });
        case CarveRule::Tiers:
            return share(tr("tiers"), [&](RankPlan& plan) {
                plan.solveTiers(removed, m_now.tiers, lockedMatrices());
            });
        case CarveRule::Random:
            return share(tr("random"), [&](RankPlan& plan) {
                plan.solveRandom(removed, m_now.seed, lockedMatrices());
            });
        case CarveRule::Energy:
            return solveThreshold(thresholdFor(removed));
        case CarveRule::Dense:
            removed = 0;
            return share(tr("dense"), [&](RankPlan& plan) {
                std::vector<std::int64_t> ranks(plan.ranks().size(), 0);
                const std::vector<bool> locks = lockedMatrices();
                for (std::size_t i = 0; i < ranks.size(); ++i)
                    if (locks[i]) ranks[i] = plan.ranks()[i];
                plan.setRanks(std::move(ranks));
            });
        case CarveRule::Relative:
            return solveBudget(CarveRule::Relative, removed);
        case CarveRule::Budget:
        case CarveRule::Hand:
            return solveBudget(CarveRule::Budget, removed);
    }
}

void CarveState::setTiers(const std::array<double, 3>& tiers) {
    if (!m_plan) return;
    const double removed = m_now.rule == CarveRule::Tiers ? m_now.target : m_price.mlpRemoved;
    beginEdit(tr("tiers"));
    for (std::size_t i = 0; i < tiers.size(); ++i) m_now.tiers[i] = std::clamp(tiers[i], 0.0, 3.0);
    solve(CarveRule::Tiers, removed);
    endEdit();
}

void CarveState::drawAgain(double removed) {
    if (!m_plan) return;
    beginEdit(tr("random"));
    if (m_now.rule == CarveRule::Random) ++m_now.seed;
    solve(CarveRule::Random, removed);
    endEdit();
}

/// The plan's times at the batch that budgets are in; without one, budgets are of parameters.
void CarveState::applyTimes() {
    if (m_now.timeBatch > 0 && !m_plan->setTimes(m_times, m_now.timeBatch)) m_now.timeBatch = 0;
}

void CarveState::setTimes(BreakEvenTable table) {
    m_times = std::move(table);
    if (m_plan) applyTimes();
    Q_EMIT timesChanged();
}

std::vector<std::int64_t> CarveState::batches() const {
    std::set<std::int64_t> batches;
    for (const BreakEvenShape& shape : m_times.shapes) batches.insert(shape.batch);
    if (!m_plan) return {};
    std::erase_if(batches, [&](std::int64_t batch) {
        const auto& matrices = m_plan->analysis().matrices;
        return std::any_of(matrices.begin(), matrices.end(), [&](const MatrixSpectrum& matrix) {
            return m_times.find(matrix.info.rows, matrix.info.columns, batch) == nullptr;
        });
    });
    return {batches.begin(), batches.end()};
}

/// Goes on from the share that is removed now, counted the new way.
void CarveState::setBudgetIn(std::int64_t batch) {
    if (!m_plan || batch == m_now.timeBatch) return;
    beginEdit(tr("what a budget is in"));
    m_now.timeBatch = batch;
    applyTimes();
    m_price = m_plan->price();
    static constexpr double kSmallest = 0.01, kLargest = 0.9;
    const double now = removed();
    solve(m_now.rule == CarveRule::Relative ? CarveRule::Relative : CarveRule::Budget,
          now >= kSmallest ? std::min(now, kLargest) : std::max(m_price.mlpRemoved, 0.0));
    endEdit();
}

}  // namespace skd
