#include "carve/carve_state.h"

#include <QSignalBlocker>
#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.h"
#include "controls/snapshot_command.h"

namespace skd {

namespace {

/// "model.layers.3" of "model.layers.3.mlp.up_proj".
std::string layerName(const MatrixInfo& info) {
    const std::string number = strCat(".", info.layer.value());
    const std::size_t at = info.name.find(number + ".");
    return at == std::string::npos ? info.name : info.name.substr(0, at + number.size());
}

}  // namespace

void CarveState::setAnalysis(const AnalysisPtr& analysis) {
    const auto same = [](const MatrixSpectrum& a, const MatrixSpectrum& b) {
        return a.info.name == b.info.name && a.info.rows == b.info.rows &&
               a.info.columns == b.info.columns;
    };
    const bool keep =
        m_plan && std::ranges::equal(analysis->matrices, m_plan->analysis().matrices, same);
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
        undoStack().clear();
        m_now = {};
        m_now.locked.assign(m_layerMatrices.size(), false);
        const QSignalBlocker later(m_selection);  // until the plan is there as well
        selectMiddle();
    }
    republish();
    Q_EMIT analysisChanged();
    Q_EMIT m_selection.changed();
}

/// A model starts with the gates of its middle layers, where cutting is cheapest.
void CarveState::selectMiddle() {
    std::vector<std::size_t> matrices;
    const int middle = (layers() - 1) / 2;
    for (int layer = std::max(0, middle - 1); layer <= std::min(layers() - 1, middle + 1); ++layer)
        if (!layerMatrices(layer).empty()) matrices.push_back(layerMatrices(layer).front());
    const std::size_t current = matrices.empty() ? 0 : matrices[matrices.size() / 2];
    m_selection.select(std::move(matrices), current);
}

void CarveState::setTruncation(Truncation truncation) {
    m_truncation = truncation;
    if (m_plan) replan(m_plan->shared());
}

void CarveState::setForm(MatrixForm form) {
    if (!m_plan || form == m_plan->form()) return;
    replan(withForm(m_plan->analysis(), form));
    const RankPreset preset = m_now.preset();
    if (isBudget(preset) || preset == RankPreset::Uniform || preset == RankPreset::Tiers)
        return solve(preset, m_now.target());
    edit(tr("form"), preset, [](RankPlan& plan) { plan.dropWasted(); });
}

void CarveState::replan(AnalysisPtr analysis) {
    m_plan.emplace(std::move(analysis), m_truncation);
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

void CarveState::deriveEnergies() {
    m_now.layerEnergy.assign(m_layerMatrices.size(), 1);
    for (int layer = 0; layer < layers(); ++layer)
        m_now.layerEnergy[layer] = faderEnergy(layer, {}, m_now.ranks);
}

std::optional<std::size_t> CarveState::matrixOf(int layer, MatrixKind kind) const {
    for (std::size_t i : layerMatrices(layer))
        if (info(i).kind == kind) return i;
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
    return kind ? faderEnergy(layer, kind, m_now.ranks) : layerEnergy(layer);
}

double CarveState::faderEnergy(int layer, std::optional<MatrixKind> kind,
                               const std::vector<std::int64_t>& ranks) const {
    if (kind) {
        const auto matrix = matrixOf(layer, *kind);
        return matrix ? energyAt(*matrix, ranks[*matrix]) : 1;
    }
    double lost = 0;
    for (std::size_t i : layerMatrices(layer)) lost += 1 - energyAt(i, ranks[i]);
    const auto count = static_cast<double>(layerMatrices(layer).size());
    return count > 0 ? 1 - lost / count : 1;
}

void CarveState::beginEdit(const QString& text, int series) {
    if (m_editDepth++ > 0) return;
    m_before = m_now;
    m_editText = text;
    m_editKey = series < 0 ? QString() : QString::number(series);
}

void CarveState::endEdit() {
    if (m_editDepth == 0 || --m_editDepth > 0 || m_before == m_now) return;
    m_undo.push(new SnapshotCommand<RankProfile>(
        m_editText, m_before, m_now, [this](const RankProfile& profile) { restore(profile); },
        m_editKey));
}

void CarveState::restore(const RankProfile& profile) {
    if (profile == m_now) return;
    const bool sameTimes = profile.timeBatch() == m_now.timeBatch();
    m_now = profile;
    if (!sameTimes) applyTimes();
    m_plan->setRanks(profile.ranks);
    publish();
}

/// The price of the plan's ranks, and everyone is told.
void CarveState::publish() {
    m_price = m_plan->price();
    Q_EMIT planChanged();
}

void CarveState::edit(const QString& text, RankPreset preset,
                      const std::function<void(RankPlan&)>& change) {
    if (!m_plan) return;
    beginEdit(text);
    applyPreset(m_now.rule, preset);
    change(*m_plan);
    m_now.ranks = m_plan->ranks();
    deriveEnergies();
    publish();
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
            if (!kind || info(i).kind == *kind) m_plan->setEnergy(i, energy);
    }
    m_now.ranks = m_plan->ranks();
    if (moved) applyPreset(m_now.rule, RankPreset::Hand);
    for (const auto& [layer, energy] : energies) {
        double& shown = m_now.layerEnergy[layer];
        if (!locked(layer))
            shown = kind ? faderEnergy(layer, {}, m_now.ranks) : std::clamp(energy, 0.0, 1.0);
    }
    publish();
    endEdit();
}

void CarveState::setRanks(const std::vector<std::size_t>& matrices, std::int64_t rank) {
    if (m_sizes)
        return setTrained(tr("rank %1").arg(rank), matrices, [=](std::int64_t) { return rank; });
    edit(tr("rank %1").arg(rank), RankPreset::Hand, [&](RankPlan& plan) {
        for (std::size_t i : matrices)
            if (!lockedMatrix(i)) plan.setRank(i, rank);
    });
}

void CarveState::nudgeRanks(const std::vector<std::size_t>& matrices, int steps) {
    if (m_sizes) return nudgeTrained(matrices, steps);
    edit(tr("ranks"), RankPreset::Hand, [&](RankPlan& plan) {
        for (std::size_t i : matrices) {
            if (lockedMatrix(i)) continue;
            const std::int64_t highest = (info(i).breakEven() - 1) / kMultiple * kMultiple;
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
    edit(text, RankPreset::Hand, [&](RankPlan& plan) { plan.setRanks(ranks); });
}

void CarveState::startFrom(const std::vector<std::int64_t>& ranks, double target) {
    if (!m_plan) return;
    m_plan->setRanks(ranks);
    applyPreset(m_now.rule, RankPreset::Budget);
    m_now.rule.target = target;
    republish();
    undoStack().clear();
}

void CarveState::startFromBudget(double removed) {
    solve(RankPreset::Budget, removed);
    undoStack().clear();
}

Status CarveState::paste(const Json& profile) {
    if (!m_plan) return fail(ErrorCode::NotFound, "there is no model on the page yet");
    RankPlan pasted = *m_plan;
    SKD_CHECK(pasted.fromJson(profile));
    restoreRanks(pasted.ranks(), tr("paste profile"));
    return {};
}

bool CarveState::layerSelected(int layer) const {
    return std::ranges::any_of(m_selection.matrices(),
                               [&](std::size_t i) { return info(i).layer.value() == layer; });
}

PruneSpec CarveState::ruleFor(RankPreset preset) const {
    PruneSpec rule = m_now.rule;
    applyPreset(rule, preset);
    return rule;
}

/// Locked layers keep what they have.
void CarveState::solveRule(const QString& text, PruneSpec rule) {
    if (!m_plan) return;
    edit(text, presetOf(rule), [&](RankPlan& plan) {
        m_now.rule = rule;
        rule.locked = lockedNames();
        (void)plan.solve(std::move(rule), m_now.seed);  // its names and probes are the plan's own
    });
}

void CarveState::solveThreshold(double energy) {
    PruneSpec rule = ruleFor(RankPreset::Energy);
    rule.energy = std::clamp(energy, 0.01, 1.0);
    solveRule(tr("energy"), std::move(rule));
}

void CarveState::solve(RankPreset preset, double removed) {
    if (!m_plan) return;
    PruneSpec rule = ruleFor(preset == RankPreset::Hand ? RankPreset::Budget : preset);
    if (preset == RankPreset::Energy) {
        rule.locked = lockedNames();
        return solveThreshold(m_plan->energyFor(removed, std::move(rule)));
    }
    rule.target = preset == RankPreset::Dense ? 0 : removed;
    solveRule(isBudget(presetOf(rule)) ? tr("budget") : presetName(preset), std::move(rule));
}

void CarveState::setTiers(const std::array<double, 3>& tiers) {
    if (!m_plan) return;
    const double removed =
        m_now.preset() == RankPreset::Tiers ? m_now.target() : m_price.mlpRemoved;
    const auto bounded = [](double factor) { return std::clamp(factor, 0.0, 3.0); };
    beginEdit(tr("tiers"));
    m_now.rule.tierEarly = bounded(tiers[0]);
    m_now.rule.tierMiddle = bounded(tiers[1]);
    m_now.rule.tierLate = bounded(tiers[2]);
    solve(RankPreset::Tiers, removed);
    endEdit();
}

void CarveState::redrawRandom(double removed) {
    if (!m_plan) return;
    beginEdit(tr("random"));
    if (m_now.preset() == RankPreset::Random) ++m_now.seed;
    solve(RankPreset::Random, removed);
    endEdit();
}

/// The plan's times at the batch that budgets are in; without one, budgets are of parameters.
void CarveState::applyTimes() {
    if (m_now.timeBatch() > 0 && !m_plan->setTimes(m_times, m_now.timeBatch()))
        m_now.rule.cost = PruneCost::Parameters;
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
        return std::ranges::any_of(m_plan->analysis().matrices, [&](const MatrixSpectrum& matrix) {
            return m_times.find(matrix.info.rows, matrix.info.columns, batch, matrix.info.form) ==
                   nullptr;
        });
    });
    return {batches.begin(), batches.end()};
}

/// Continues from the share that is removed now, counted the new way.
void CarveState::setBudgetIn(std::int64_t batch) {
    if (!m_plan || batch == m_now.timeBatch()) return;
    beginEdit(tr("what a budget is in"));
    m_now.rule.cost = batch > 0 ? PruneCost::Latency : PruneCost::Parameters;
    if (batch > 0) m_now.rule.costBatch = batch;
    applyTimes();
    m_price = m_plan->price();
    static constexpr double kSmallest = 0.01, kLargest = 0.9;
    const double now = removed();
    solve(m_now.preset() == RankPreset::Relative ? RankPreset::Relative : RankPreset::Budget,
          now >= kSmallest ? std::min(now, kLargest) : std::max(m_price.mlpRemoved, 0.0));
    endEdit();
}

std::vector<std::string> CarveState::lockedNames() const {
    std::vector<std::string> names;
    for (int layer = 0; layer < layers(); ++layer) {
        if (!locked(layer)) continue;
        for (std::size_t i : layerMatrices(layer)) {
            std::string name = layerName(info(i));
            if (names.empty() || names.back() != name) names.push_back(std::move(name));
        }
    }
    return names;
}

void CarveState::fillSpec(PruneSpec& prune) const {
    if (!m_plan) return;
    const bool dense =
        std::ranges::all_of(m_now.ranks, [](std::int64_t rank) { return rank == 0; });
    prune.method = dense ? PruneMethod::None : PruneMethod::Svd;
    prune.truncation = m_plan->truncation();
    prune.form = m_plan->form();
    prune.rankMultiple = kMultiple;
    clearUnseen(prune);
    if (dense) return;
    const double removed = std::clamp(m_price.mlpRemoved, 0.0, 0.99);
    PruneSpec rule = prune;
    rule.locked = lockedNames();
    m_now.fillRule(rule, removed);
    if (isBudget(m_now.preset())) rule.weights = m_plan->weightsFor(rule.weights);
    if (rule.ranks != RankRule::Random && rule.ranks != RankRule::Explicit &&
        m_plan->isChosenBy(rule)) {
        prune = std::move(rule);
        return;
    }
    prune.ranks = RankRule::Explicit;
    prune.target = removed;
    for (std::size_t i = 0; i < m_now.ranks.size(); ++i)
        prune.explicitRanks[info(i).name] = m_now.ranks[i];
}

}  // namespace skd
