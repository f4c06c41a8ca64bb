#include "models/carve_state.h"

#include <QUndoCommand>
#include <algorithm>
#include <cmath>
#include <set>

namespace skd {

class CarveState::Command : public QUndoCommand {
public:
    Command(CarveState& state, QString text, int series, CarveSnapshot before, CarveSnapshot after)
        : QUndoCommand(std::move(text)),
          m_state(state),
          m_series(series),
          m_before(std::move(before)),
          m_after(std::move(after)) {}
    void undo() override { m_state.restore(m_before); }
    void redo() override { m_state.restore(m_after); }
    [[nodiscard]] int id() const override { return m_series; }
    bool mergeWith(const QUndoCommand* next) override {
        m_after = static_cast<const Command*>(next)->m_after;  // ids are this class's own
        return true;
    }

private:
    CarveState& m_state;
    int m_series;
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
    applyTimes();
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
    applyTimes();
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
    return cumulative[rank];
}

/// The fader of a layer shows what its matrices keep on average.
double CarveState::averageEnergy(int layer) const {
    double lost = 0;
    for (std::size_t i : layerMatrices(layer)) lost += 1 - energyAt(i, m_now.ranks[i]);
    const auto count = static_cast<double>(layerMatrices(layer).size());
    return count > 0 ? 1 - lost / count : 1;
}

void CarveState::deriveEnergies() {
    m_now.layerEnergy.assign(m_layerMatrices.size(), 1);
    for (int layer = 0; layer < layers(); ++layer) m_now.layerEnergy[layer] = averageEnergy(layer);
}

std::optional<std::size_t> CarveState::matrixOf(int layer, MatrixKind kind) const {
    for (std::size_t i : layerMatrices(layer))
        if (m_plan->analysis().matrices[i].info.kind == kind) return i;
    return std::nullopt;
}

std::vector<MatrixKind> CarveState::kinds() const {
    std::set<MatrixKind> kinds;
    if (m_plan)
        for (const MatrixSpectrum& matrix : m_plan->analysis().matrices)
            kinds.insert(matrix.info.kind);
    return {kinds.begin(), kinds.end()};
}

double CarveState::faderEnergy(int layer, std::optional<MatrixKind> kind) const {
    if (!kind) return layerEnergy(layer);
    const auto matrix = matrixOf(layer, *kind);
    return matrix ? energyAt(*matrix, m_now.ranks[*matrix]) : 1;
}

void CarveState::restore(const CarveSnapshot& snapshot) {
    if (snapshot == m_now) return;
    const bool sameTimes = snapshot.timeBatch == m_now.timeBatch;
    m_now = snapshot;
    if (!sameTimes) applyTimes();
    m_plan->setRanks(snapshot.ranks);
    m_price = m_plan->price();
    Q_EMIT planChanged();
}

void CarveState::beginEdit(const QString& text, int series) {
    if (m_editDepth++ > 0) return;
    m_editSeries = series;
    m_editText = text;
    m_before = m_now;
}

void CarveState::endEdit() {
    if (m_editDepth == 0 || --m_editDepth > 0 || m_before == m_now) return;
    m_undo.push(new Command(*this, m_editText, m_editSeries, m_before, m_now));
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

void CarveState::setLayerEnergies(const std::vector<std::pair<int, double>>& energies,
                                  std::optional<MatrixKind> kind) {
    if (!m_plan || energies.empty()) return;
    beginEdit(energies.size() == 1 ? tr("layer %1").arg(energies.front().first)
                                   : tr("%1 layers").arg(energies.size()));
    bool moved = false;
    for (const auto& [layer, energy] : energies) {
        if (locked(layer)) continue;
        moved = true;
        for (std::size_t i : layerMatrices(layer))
            if (!kind || m_plan->analysis().matrices[i].info.kind == *kind)
                m_plan->setEnergy(i, energy);
    }
    m_now.ranks = m_plan->ranks();
    if (moved) m_now.rule = CarveRule::Hand;
    for (const auto& [layer, energy] : energies) {
        double& shown = m_now.layerEnergy[layer];
        if (!locked(layer)) shown = kind ? averageEnergy(layer) : std::clamp(energy, 0.0, 1.0);
    }
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

void CarveState::toggleLock(int layer) {
    if (!m_plan) return;
    beginEdit(locked(layer) ? tr("unlock layer %1").arg(layer) : tr("lock layer %1").arg(layer));
    m_now.locked[layer] = !locked(layer);
    Q_EMIT planChanged();
    endEdit();
}

void CarveState::restoreRanks(const std::vector<std::int64_t>& ranks, const QString& text) {
    if (ranks.size() != m_now.ranks.size()) return;  // of another model
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

}  // namespace skd
