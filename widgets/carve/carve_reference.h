#pragma once

#include "bridge/workspace.h"
#include "carve/carve_history.h"
#include "carve/carve_state.h"

namespace skd {

/// The stored run whose profile stands behind the one that is being edited: which runs there are to
/// choose from, the ranks of the chosen one, and its own spectra where they are other ones.
class CarveReference : public QObject {
    Q_OBJECT
public:
    CarveReference(CarveState& state, Workspace& workspace, QObject* parent = nullptr);

    struct Choice {
        qint64 id = 0;
        QString name;  ///< tells runs of the same name apart
    };
    /// Runs of the page's model that were cut, newest first.
    void setRuns(std::vector<CarveRun> runs);
    [[nodiscard]] std::vector<Choice> choices() const;
    /// By number; 0, or a run that is not among the choices, is none.
    void choose(qint64 id);
    [[nodiscard]] qint64 chosen() const { return m_run == nullptr ? 0 : m_run->row.id.value(); }
    [[nodiscard]] bool active() const { return m_run != nullptr; }

    // Only while active:
    [[nodiscard]] const RunRow& row() const { return m_run->row; }
    [[nodiscard]] QString name() const { return nameOf(*m_run); }
    /// In the order of the page's matrices.
    [[nodiscard]] const std::vector<std::int64_t>& ranks() const { return m_ranks; }
    /// Energy that the fader of a layer (or of one kind of its matrices) would show for its ranks.
    [[nodiscard]] double energy(int layer, std::optional<MatrixKind> kind) const {
        return m_state.faderEnergy(layer, kind, m_ranks);
    }
    /// Singular values of the run's own analysis; null while they are not read, or where the page's
    /// are the same.
    [[nodiscard]] const std::vector<double>* spectrum(std::size_t matrix) const;
    /// "here 208, svd-15 192".
    [[nodiscard]] QString compareText(std::size_t matrix) const;

Q_SIGNALS:
    void choicesChanged();
    void changed();  ///< another run, or its spectra have come

private:
    [[nodiscard]] QString nameOf(const CarveRun& run) const;
    void align();
    void readSpectra();

    CarveState& m_state;
    Workspace& m_workspace;
    std::vector<CarveRun> m_all, m_runs;  ///< all, and those of the page's model
    const CarveRun* m_run = nullptr;      ///< in m_runs
    qint64 m_wanted = 0;
    std::vector<std::int64_t> m_ranks;
    AnalysisPtr m_analysis;
};

}  // namespace skd
