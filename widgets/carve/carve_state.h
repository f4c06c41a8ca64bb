#pragma once

#include <QUndoStack>
#include <array>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "carve/elastic_sizes.h"
#include "carve/rank_profile.h"
#include "carve/selected_matrices.h"
#include "ranks/rank_plan.h"
#include "spec/run_spec.h"

namespace skd {

/// The rank profile that is being edited, its undo history and what is selected of its matrices.
class CarveState : public QObject {
    Q_OBJECT
public:
    static constexpr std::int64_t kMultiple = 16;  ///< ranks are multiples of this

    using QObject::QObject;

    /// Another model, or better figures for the same one (then the profile stays).
    void setAnalysis(const AnalysisPtr& analysis);
    [[nodiscard]] bool hasAnalysis() const { return m_plan.has_value(); }
    /// Only with an analysis.
    [[nodiscard]] const RankPlan& plan() const { return *m_plan; }
    [[nodiscard]] const MatrixInfo& info(std::size_t matrix) const {
        return m_plan->analysis().matrices[matrix].info;
    }
    [[nodiscard]] const Price& price() const { return m_price; }
    void setTruncation(Truncation truncation);
    [[nodiscard]] Truncation truncation() const { return m_truncation; }
    /// How cut matrices are held; a budget's, uniform or tiers' ranks are chosen anew at the same
    /// target, others stay where they save something.
    void setForm(MatrixForm form);

    /// From now on the page is over a recovered elastic run, whose `analysis` is of the model that
    /// it was cut from: faders move through trained sizes, from `removed` on. Undo starts empty.
    void openSizes(const AnalysisPtr& analysis, ElasticSizesPtr sizes, double removed);
    /// Back to a model that is cut; another analysis is to follow.
    void closeSizes() { m_sizes.reset(); }
    /// Whether a measurement on the model that the engine has open is one of the page's profile.
    [[nodiscard]] bool isOf(const QString& openModel) const;
    /// Null where the page is over a model that is cut.
    [[nodiscard]] const ElasticSizes* sizes() const { return m_sizes.get(); }
    /// The path's profile at a size; locked layers stay, which leads off the path.
    void moveAlongPath(double removed);
    /// Ranks by layer as shares of what was trained (ElasticSizes::shareOf), of all its matrices or
    /// those of one kind; locked layers stay.
    void setShares(const std::vector<std::pair<int, double>>& shares,
                   std::optional<MatrixKind> kind = {});
    /// Such a share: the layer's average, or of one kind of its matrices. Only over sizes.
    [[nodiscard]] double faderShare(int layer, std::optional<MatrixKind> kind,
                                    const std::vector<std::int64_t>& ranks) const;
    /// Of the ranks on the page. Only over sizes.
    [[nodiscard]] SizePerplexity sizePerplexity() const;

    [[nodiscard]] int layers() const { return static_cast<int>(m_now.locked.size()); }
    [[nodiscard]] const RankProfile& snapshot() const { return m_now; }
    /// Matrices of a layer.
    [[nodiscard]] const std::vector<std::size_t>& layerMatrices(int layer) const {
        return m_layerMatrices[layer];
    }
    [[nodiscard]] double layerEnergy(int layer) const { return m_now.layerEnergy[layer]; }
    [[nodiscard]] bool locked(int layer) const { return m_now.locked[layer]; }
    /// What a fader shows: the layer's average, or with a kind that matrix' own; 1 where it has
    /// none.
    [[nodiscard]] double faderEnergy(int layer, std::optional<MatrixKind> kind) const;
    /// The same for other ranks, of which a layer shows the average.
    [[nodiscard]] double faderEnergy(int layer, std::optional<MatrixKind> kind,
                                     const std::vector<std::int64_t>& ranks) const;
    /// The matrix of a layer that is of a kind.
    [[nodiscard]] std::optional<std::size_t> matrixOf(int layer, MatrixKind kind) const;
    /// Kinds of matrices that the model has, in order.
    [[nodiscard]] std::vector<MatrixKind> kinds() const;
    /// What the master shows: the share of parameters that is removed, or of time.
    [[nodiscard]] double removed() const {
        if (m_sizes) return m_sizes->removedBy(m_now.ranks);
        return m_now.timeBatch() > 0 ? m_price.timeRemoved : m_price.mlpRemoved;
    }
    /// Kept energy of a matrix were it cut at `rank`; over sizes of its trained factors, where the
    /// run has recorded that.
    [[nodiscard]] double energyAt(std::size_t matrix, std::int64_t rank) const;
    /// The same of the analysis' spectrum, which probes belong to.
    [[nodiscard]] double spectrumEnergyAt(std::size_t matrix, std::int64_t rank) const;

    /// Edits between begin and end are one undo step; nests. Steps that follow each other with the
    /// same `series` (not negative) are one.
    void beginEdit(const QString& text, int series = -1);
    void endEdit();
    /// Energy per layer, 1 = dense, of all its matrices or those of one kind; locked layers stay.
    void setLayerEnergies(const std::vector<std::pair<int, double>>& energies,
                          std::optional<MatrixKind> kind = {});
    /// One rank for several matrices, 0 = dense; locked layers stay.
    void setRanks(const std::vector<std::size_t>& matrices, std::int64_t rank);
    /// Moves every matrix's rank by `steps` multiples.
    void nudgeRanks(const std::vector<std::size_t>& matrices, int steps);
    /// Removes a share of MLP parameters as `preset` distributes it (Energy: one threshold that
    /// costs as much). Locked layers keep what they have.
    void solve(RankPreset preset, double removed);
    /// The same kept energy everywhere.
    void solveThreshold(double energy);
    /// Distributes the present target by these factors.
    void setTiers(const std::array<double, 3>& tiers);
    /// Another draw of random ranks.
    void redrawRandom(double removed);
    /// What budgets are a share of: time at a batch (of batches()), 0 = parameters.
    void setBudgetIn(std::int64_t batch);
    /// Measured times of this machine; of other shapes than the model's they are of no use.
    void setTimes(BreakEvenTable table);
    [[nodiscard]] const BreakEvenTable& times() const { return m_times; }
    /// Batches at which every matrix of the model was timed.
    [[nodiscard]] std::vector<std::int64_t> batches() const;
    void toggleLock(int layer);
    void restoreRanks(const std::vector<std::int64_t>& ranks, const QString& text);
    /// Ranks that a budget chose, without an undo step: the state a window starts with.
    void startFrom(const std::vector<std::int64_t>& ranks, double target);
    void startFromBudget(double removed);
    Status paste(const Json& profile);

    [[nodiscard]] SelectedMatrices& selection() { return m_selection; }
    [[nodiscard]] const SelectedMatrices& selection() const { return m_selection; }
    /// Any of the layer's matrices is selected.
    [[nodiscard]] bool layerSelected(int layer) const;

    [[nodiscard]] QUndoStack& undoStack() { return m_undo; }
    /// Fills a spec's prune part with what the page shows: the rule, where a run of it would choose
    /// exactly these ranks, else the ranks themselves. Random ranks are always written out, since a
    /// run draws by its own seed; a search leaves the budget it found.
    void fillSpec(PruneSpec& prune) const;

Q_SIGNALS:
    void analysisChanged();
    void timesChanged();
    void planChanged();

private:
    void restore(const RankProfile& profile);
    void edit(const QString& text, RankPreset preset, const std::function<void(RankPlan&)>& change);
    void solveRule(const QString& text, PruneSpec rule);
    /// Over sizes: ranks of matrices, as near as the run trained them to what `wanted` says of the
    /// rank now.
    void setTrained(const QString& text, const std::vector<std::size_t>& matrices,
                    const std::function<std::int64_t(std::int64_t)>& wanted);
    void nudgeTrained(const std::vector<std::size_t>& matrices, int steps);
    [[nodiscard]] PruneSpec ruleFor(RankPreset preset) const;
    [[nodiscard]] std::vector<std::string> lockedNames() const;
    void applyTimes();
    void replan(AnalysisPtr analysis);  ///< the ranks at hand on other figures
    [[nodiscard]] bool lockedMatrix(std::size_t matrix) const {
        return locked(info(matrix).layer.value());
    }
    void deriveEnergies();
    void selectMiddle();
    void republish();
    void publish();

    std::optional<RankPlan> m_plan;
    ElasticSizesPtr m_sizes;
    QString m_recovered;  ///< the elastic run that the page was over last: "run:3"
    Truncation m_truncation = Truncation::Whitened;
    Price m_price;
    RankProfile m_now;
    BreakEvenTable m_times;
    std::vector<std::vector<std::size_t>> m_layerMatrices;
    std::vector<std::vector<double>> m_cumulative;
    SelectedMatrices m_selection;
    int m_editDepth = 0;
    RankProfile m_before;           ///< the edit that has begun
    QString m_editText, m_editKey;  ///< of that edit
    QUndoStack m_undo;
};

}  // namespace skd
