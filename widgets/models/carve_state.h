#pragma once

#include <QObject>
#include <QUndoStack>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "run/rank_plan.h"
#include "spec/run_spec.h"

namespace skd {

/// How a profile came about; decides what a run made from it says.
enum class CarveRule { Budget, Uniform, Energy, Dense, Hand };

/// All that undo brings back.
struct CarveSnapshot {
    std::vector<std::int64_t> ranks;
    std::vector<double> layerEnergy;  ///< what each layer's fader says
    std::vector<bool> locked;         ///< per layer
    CarveRule rule = CarveRule::Dense;
    double target =
        0;  ///< share of MLP parameters to remove (budget, uniform) or energy to keep (energy)
    bool operator==(const CarveSnapshot&) const = default;
};

/// The rank profile that is being edited, its undo history and what is selected.
class CarveState : public QObject {
    Q_OBJECT
public:
    static constexpr std::int64_t kMultiple = 16;  ///< ranks are multiples of this

    explicit CarveState(QObject* parent = nullptr);
    ~CarveState() override;

    /// Another model, or better figures for the same one (then the profile stays).
    void setAnalysis(AnalysisPtr analysis);
    [[nodiscard]] bool hasAnalysis() const { return m_plan.has_value(); }
    /// Only with an analysis.
    [[nodiscard]] const RankPlan& plan() const { return *m_plan; }
    [[nodiscard]] const Price& price() const { return m_price; }
    void setTruncation(Truncation truncation);
    [[nodiscard]] Truncation truncation() const { return m_truncation; }

    [[nodiscard]] int layers() const { return static_cast<int>(m_now.locked.size()); }
    [[nodiscard]] const CarveSnapshot& snapshot() const { return m_now; }
    /// Matrices of a layer.
    [[nodiscard]] const std::vector<std::size_t>& layerMatrices(int layer) const {
        return m_layerMatrices[static_cast<std::size_t>(layer)];
    }
    [[nodiscard]] double layerEnergy(int layer) const {
        return m_now.layerEnergy[static_cast<std::size_t>(layer)];
    }
    [[nodiscard]] bool locked(int layer) const {
        return m_now.locked[static_cast<std::size_t>(layer)];
    }
    /// Kept energy of a matrix were it cut at `rank`.
    [[nodiscard]] double energyAt(std::size_t matrix, std::int64_t rank) const;

    /// Edits between begin and end are one undo step; nests.
    void beginEdit(const QString& text);
    void endEdit();
    /// Energy per layer, 1 = dense; locked layers stay.
    void setLayerEnergies(const std::vector<std::pair<int, double>>& energies);
    /// One rank for several matrices, 0 = dense; locked layers stay.
    void setRanks(const std::vector<std::size_t>& matrices, std::int64_t rank);
    /// Moves every matrix's rank by `steps` multiples.
    void nudgeRanks(const std::vector<std::size_t>& matrices, int steps);
    /// Removes a share of MLP parameters as `rule` distributes it (Energy: one threshold that costs
    /// as much). Locked layers keep what they have.
    void solve(CarveRule rule, double removed);
    void toggleLock(int layer);
    void restoreRanks(const std::vector<std::int64_t>& ranks, const QString& text);
    /// Like restoreRanks, without an undo step: the state a window starts with.
    void startFrom(const std::vector<std::int64_t>& ranks, CarveRule rule, double target);
    void startFromBudget(double removed);
    Status paste(const Json& profile);

    [[nodiscard]] const std::vector<std::size_t>& selection() const { return m_selection; }
    [[nodiscard]] std::size_t currentMatrix() const { return m_current; }
    [[nodiscard]] bool layerSelected(int layer) const;
    void select(std::vector<std::size_t> matrices, std::size_t current);

    [[nodiscard]] QUndoStack& undoStack() { return m_undo; }
    /// Fills a spec's prune part with what the page shows.
    void fillSpec(PruneSpec& prune) const;

Q_SIGNALS:
    void analysisChanged();
    void planChanged();
    void selectionChanged();

private:
    class Command;
    void restore(const CarveSnapshot& snapshot);
    void edit(const QString& text, CarveRule rule, double target,
              const std::function<void(RankPlan&)>& change);
    void solveUnlocked(const QString& text, CarveRule rule, double target,
                       const std::function<void(RankPlan&)>& change);
    [[nodiscard]] double thresholdFor(double removed) const;
    [[nodiscard]] bool lockedMatrix(std::size_t matrix) const {
        return locked(m_plan->analysis().matrices[matrix].info.layer.value());
    }
    void deriveEnergies();
    void selectMiddle();
    void republish();
    [[nodiscard]] std::vector<bool> lockedMatrices() const;

    std::optional<RankPlan> m_plan;
    Truncation m_truncation = Truncation::Whitened;
    Price m_price;
    CarveSnapshot m_now, m_before;
    QString m_editText;
    int m_editDepth = 0;
    std::vector<std::vector<std::size_t>> m_layerMatrices;
    std::vector<std::vector<double>> m_cumulative;
    std::vector<std::size_t> m_selection;
    std::size_t m_current = 0;
    QUndoStack m_undo;
};

}  // namespace skd
