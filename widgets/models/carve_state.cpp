#include "models/carve_state.h"

#include <QUndoCommand>
#include <algorithm>
#include <cmath>

namespace skd {

class CarveState::Command : public QUndoCommand {
public:
    Command(CarveState& state, QString text, CarveSnapshot before, CarveSnapshot after)
        : QUndoCommand(std::move(text)),
          m_state(state),
          m_before(std::move(before)),
          m_after(std::move(after)) {}
    void undo() override { m_state.restore(m_before); }
    void redo() override { m_state.restore(m_after); }

private:
    CarveState& m_state;
    CarveSnapshot m_before, m_after;
};

CarveState::CarveState(QObject* parent) : QObject(parent) {}
CarveState::~CarveState() = default;

void CarveState::setAnalysis(AnalysisPtr analysis) {
    const auto sameMatrices = [&] {
        if (!m_plan || m_plan->analysis().matrices.size() != analysis->matrices.size())
            return false;
        return std::equal(analysis->matrices.begin(), analysis->matrices.end(),
                          m_plan->analysis().matrices.begin(),
                          [](const MatrixSpectrum& a, const MatrixSpectrum& b) {
                              return a.info.name == b.info.name && a.info.rows == b.info.rows &&
                                     a.info.columns == b.info.columns;
                          });
    };
    const bool keep = sameMatrices();
    m_plan.emplace(analysis, m_truncation);
    m_layerMatrices.clear();
    for (std::size_t i = 0; i < analysis->matrices.size(); ++i) {
        const auto layer = static_cast<std::size_t>(analysis->matrices[i].info.layer.value());
        if (m_layerMatrices.size() <= layer) m_layerMatrices.resize(layer + 1);
        m_layerMatrices[layer].push_back(i);
    }
    if (keep) {
        m_plan->setRanks(m_now.ranks);
    } else {
        m_undo.clear();
        m_now = {};
        m_now.locked.assign(m_layerMatrices.size(), false);
        selectMiddle();
    }
    republish();
    Q_EMIT analysisChanged();
    Q_EMIT selectionChanged();
}

/// A model starts with the gates of its middle layers, where cutting is cheapest.
void CarveState::selectMiddle() {
    m_selection.clear();
    const int middle = (layers() - 1) / 2;
    for (int layer = std::max(0, middle - 1); layer <= std::min(layers() - 1, middle + 1); ++layer)
        if (!layerMatrices(layer).empty()) m_selection.push_back(layerMatrices(layer).front());
    m_current = m_selection.empty() ? 0 : m_selection[m_selection.size() / 2];
}

void CarveState::setTruncation(Truncation truncation) {
    m_truncation = truncation;
    if (!m_plan) return;
    m_plan.emplace(m_plan->shared(), truncation);
    m_plan->setRanks(m_now.ranks);
    republish();
    Q_EMIT analysisChanged();
}

/// Everything that follows from the plan's ranks.
void CarveState::republish() {
    m_now.ranks = m_plan->ranks();
    m_cumulative.assign(m_now.ranks.size(), {});
    for (std::size_t i = 0; i < m_cumulative.size(); ++i) {
        double total = 0;
        m_cumulative[i].push_back(0);
        for (double sigma : m_plan->spectrum(i)) m_cumulative[i].push_back(total += sigma * sigma);
        if (total > 0)
            for (double& value : m_cumulative[i]) value /= total;
    }
    deriveEnergies();
    m_price = m_plan->price();
    Q_EMIT planChanged();
}

double CarveState::energyAt(std::size_t matrix, std::int64_t rank) const {
    const std::vector<double>& cumulative = m_cumulative[matrix];
    if (rank <= 0 || static_cast<std::size_t>(rank) >= cumulative.size()) return 1;
    return cumulative[static_cast<std::size_t>(rank)];
}

/// The fader of a layer shows what its matrices keep on average.
void CarveState::deriveEnergies() {
    m_now.layerEnergy.assign(m_layerMatrices.size(), 1);
    for (std::size_t layer = 0; layer < m_layerMatrices.size(); ++layer) {
        double lost = 0;
        for (std::size_t i : m_layerMatrices[layer]) lost += 1 - energyAt(i, m_now.ranks[i]);
        if (!m_layerMatrices[layer].empty())
            m_now.layerEnergy[layer] =
                1 - lost / static_cast<double>(m_layerMatrices[layer].size());
    }
}

void CarveState::restore(const CarveSnapshot& snapshot) {
    if (snapshot == m_now) return;
    m_now = snapshot;
    m_plan->setRanks(snapshot.ranks);
    m_price = m_plan->price();
    Q_EMIT planChanged();
}

void CarveState::beginEdit(const QString& text) {
    if (m_editDepth++ > 0) return;
    m_editText = text;
    m_before = m_now;
}

void CarveState::endEdit() {
    if (m_editDepth == 0 || --m_editDepth > 0 || m_before == m_now) return;
    m_undo.push(new Command(*this, m_editText, m_before, m_now));
}

void CarveState::edit(const QString& text, CarveRule rule, double target,
                      const std::function<void(RankPlan&)>& change) {
    if (!m_plan) return;
    beginEdit(text);
    change(*m_plan);
    m_now.ranks = m_plan->ranks();
    m_now.rule = rule;
    m_now.target = target;
    deriveEnergies();
    m_price = m_plan->price();
    Q_EMIT planChanged();
    endEdit();
}

void CarveState::setLayerEnergies(const std::vector<std::pair<int, double>>& energies) {
    if (!m_plan || energies.empty()) return;
    beginEdit(energies.size() == 1 ? tr("layer %1").arg(energies.front().first)
                                   : tr("%1 layers").arg(energies.size()));
    for (const auto& [layer, energy] : energies) {
        if (locked(layer)) continue;
        for (std::size_t i : layerMatrices(layer)) m_plan->setEnergy(i, energy);
        m_now.layerEnergy[static_cast<std::size_t>(layer)] = std::clamp(energy, 0.0, 1.0);
        m_now.rule = CarveRule::Hand;
    }
    m_now.ranks = m_plan->ranks();
    m_price = m_plan->price();
    Q_EMIT planChanged();
    endEdit();
}

void CarveState::setRanks(const std::vector<std::size_t>& matrices, std::int64_t rank) {
    edit(tr("rank %1").arg(rank), CarveRule::Hand, m_now.target, [&](RankPlan& plan) {
        for (std::size_t i : matrices)
            if (!lockedMatrix(i)) plan.setRank(i, rank);
    });
}

void CarveState::nudgeRanks(const std::vector<std::size_t>& matrices, int steps) {
    edit(tr("ranks"), CarveRule::Hand, m_now.target, [&](RankPlan& plan) {
        for (std::size_t i : matrices) {
            if (lockedMatrix(i)) continue;
            const std::int64_t breakEven = plan.analysis().matrices[i].info.breakEven();
            const std::int64_t highest = (breakEven - 1) / kMultiple * kMultiple;
            const std::int64_t now = plan.ranks()[i] > 0 ? plan.ranks()[i] : highest + kMultiple;
            plan.setRank(i, std::max(kMultiple, now + steps * kMultiple));
        }
    });
}

std::vector<bool> CarveState::lockedMatrices() const {
    std::vector<bool> locks(m_now.ranks.size(), false);
    for (int layer = 0; layer < layers(); ++layer)
        for (std::size_t i : layerMatrices(layer)) locks[i] = locked(layer);
    return locks;
}

/// An edit of all layers that are not locked.
void CarveState::solveUnlocked(const QString& text, CarveRule rule, double target,
                               const std::function<void(RankPlan&)>& change) {
    edit(text, rule, target, [&](RankPlan& plan) {
        const std::vector<bool> locks = lockedMatrices();
        change(plan);
        std::vector<std::int64_t> ranks = plan.ranks();
        for (std::size_t i = 0; i < ranks.size(); ++i)
            if (locks[i]) ranks[i] = m_now.ranks[i];
        plan.setRanks(std::move(ranks));
    });
}

/// The energy threshold that removes `removed` of the MLP parameters, by bisection on what is lost.
double CarveState::thresholdFor(double removed) const {
    RankPlan trial = *m_plan;
    double low = -9, high = 0;  // log10(1 - energy): more lost, more removed
    for (int i = 0; i < 30; ++i) {
        const double middle = (low + high) / 2;
        trial.solveEnergy(1 - std::pow(10.0, middle));
        (trial.price().mlpRemoved < removed ? low : high) = middle;
    }
    return 1 - std::pow(10.0, high);
}

void CarveState::solve(CarveRule rule, double removed) {
    if (!m_plan) return;
    switch (rule) {
        case CarveRule::Uniform:
            return solveUnlocked(tr("uniform"), rule, removed,
                                 [&](RankPlan& plan) { plan.solveUniform(removed); });
        case CarveRule::Energy: {
            const double threshold = thresholdFor(removed);
            return solveUnlocked(tr("energy"), rule, threshold,
                                 [&](RankPlan& plan) { plan.solveEnergy(threshold); });
        }
        case CarveRule::Dense:
            return solveUnlocked(tr("dense"), rule, 0, [](RankPlan& plan) { plan.makeDense(); });
        case CarveRule::Budget:
        case CarveRule::Hand:
            return edit(tr("budget"), CarveRule::Budget, removed, [&](RankPlan& plan) {
                plan.solveBudget(removed, WeightRule::Measured, lockedMatrices());
            });
    }
}

void CarveState::toggleLock(int layer) {
    if (!m_plan) return;
    beginEdit(locked(layer) ? tr("unlock layer %1").arg(layer) : tr("lock layer %1").arg(layer));
    m_now.locked[static_cast<std::size_t>(layer)] = !locked(layer);
    Q_EMIT planChanged();
    endEdit();
}

void CarveState::restoreRanks(const std::vector<std::int64_t>& ranks, const QString& text) {
    edit(text, CarveRule::Hand, m_now.target, [&](RankPlan& plan) { plan.setRanks(ranks); });
}

void CarveState::startFrom(const std::vector<std::int64_t>& ranks, CarveRule rule, double target) {
    if (!m_plan) return;
    m_plan->setRanks(ranks);
    m_now.rule = rule;
    m_now.target = target;
    republish();
    m_undo.clear();
}

void CarveState::startFromBudget(double removed) {
    solve(CarveRule::Budget, removed);
    m_undo.clear();
}

Status CarveState::paste(const Json& profile) {
    if (!m_plan) return fail(ErrorCode::NotFound, "there is no model on the page yet");
    RankPlan pasted = *m_plan;
    SKD_CHECK(pasted.fromJson(profile));
    restoreRanks(pasted.ranks(), tr("paste profile"));
    return {};
}

bool CarveState::layerSelected(int layer) const {
    return std::any_of(m_selection.begin(), m_selection.end(), [&](std::size_t i) {
        return m_plan->analysis().matrices[i].info.layer.value() == layer;
    });
}

void CarveState::select(std::vector<std::size_t> matrices, std::size_t current) {
    std::sort(matrices.begin(), matrices.end());
    matrices.erase(std::unique(matrices.begin(), matrices.end()), matrices.end());
    if (matrices == m_selection && current == m_current) return;
    m_selection = std::move(matrices);
    m_current = current;
    Q_EMIT selectionChanged();
}

void CarveState::fillSpec(PruneSpec& prune) const {
    if (!m_plan) return;
    prune.truncation = m_plan->truncation();
    prune.remeasure = 0;  // the ranks on screen are the ones that are run
    prune.method = PruneMethod::Svd;
    prune.target = m_now.rule == CarveRule::Energy ? prune.target : m_now.target;
    const bool dense =
        std::all_of(m_now.ranks.begin(), m_now.ranks.end(), [](std::int64_t r) { return r == 0; });
    const bool anyLock =
        std::find(m_now.locked.begin(), m_now.locked.end(), true) != m_now.locked.end();
    if (dense)
        prune.method = PruneMethod::None;
    else if (m_now.rule == CarveRule::Budget && !anyLock)
        prune.ranks = RankRule::Budget;
    else if (m_now.rule == CarveRule::Uniform && !anyLock)
        prune.ranks = RankRule::Uniform;
    else if (m_now.rule == CarveRule::Energy && !anyLock)
        prune.ranks = RankRule::Energy, prune.energy = m_now.target;
    else {
        prune.ranks = RankRule::Explicit;
        for (std::size_t i = 0; i < m_now.ranks.size(); ++i)
            prune.explicitRanks[m_plan->analysis().matrices[i].info.name] = m_now.ranks[i];
    }
}

}  // namespace skd
