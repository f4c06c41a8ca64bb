#pragma once

#include <optional>

#include "bridge/run_monitor.h"
#include "carve/carve_state.h"

namespace skd {

/// A profile somebody tried, and what came out.
struct CarveTry {
    std::vector<std::int64_t> ranks;
    PreviewReady result;
    double removed = 0;
    bool recorded = false;  ///< a stored run's figure, not a preview
    QString name;
};

/// Measures the profile in the background after every change: waits until the input rests, asks the
/// engine, keeps only the newest answer, and remembers the last tries.
class PreviewRunner : public QObject {
    Q_OBJECT
public:
    enum class State { NoModel, Measuring, Measured, Failed };
    static constexpr int kDebounce = 150;  ///< ms
    static constexpr std::size_t kTries = 20;

    PreviewRunner(CarveState& state, Workspace& workspace, RunMonitor& monitor,
                  QObject* parent = nullptr);

    [[nodiscard]] State state() const { return m_state; }
    /// The model that is open is the one that the page is over.
    [[nodiscard]] bool canMeasure() const {
        return m_monitor.modelOpen() && m_carve.isOf(m_monitor.openModelPath());
    }
    [[nodiscard]] const QString& problem() const { return m_problem; }
    /// The newest measurement, also while another one is on its way.
    [[nodiscard]] const std::optional<PreviewReady>& latest() const { return m_latest; }
    [[nodiscard]] const std::vector<CarveTry>& tries() const { return m_tries; }
    /// The try whose ranks are on the page right now; -1 where there is none.
    [[nodiscard]] int currentTry() const;
    /// What a preview said of these ranks; null where none did.
    [[nodiscard]] const CarveTry* measuredTry(const std::vector<std::int64_t>& ranks) const;
    /// Asks for what is on the page without waiting for the hand to rest.
    void measureNow();
    void addRecorded(CarveTry recorded);
    void goBackTo(int index);

Q_SIGNALS:
    void changed();
    /// A preview of the ranks on the page has come; follows changed().
    void measured();

private:
    void forgetOtherModels();
    void onPlanChanged();
    void request();
    void onReady(const PreviewReady& result);
    void remember(CarveTry entry);

    CarveState& m_carve;
    Workspace& m_workspace;
    RunMonitor& m_monitor;
    QTimer m_debounce;
    State m_state = State::NoModel;
    QString m_problem;
    std::string m_model;  ///< hash of the weights that the tries are of
    std::uint64_t m_serial = 0;
    std::vector<std::int64_t> m_asked;
    std::optional<PreviewReady> m_latest;
    std::vector<CarveTry> m_tries;
};

}  // namespace skd
