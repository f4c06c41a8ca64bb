#pragma once

#include <QFrame>
#include <vector>

#include "bridge/model_names.h"
#include "bridge/task_runner.h"

class QCheckBox;
class QComboBox;
class QHBoxLayout;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QSpinBox;
class QStackedWidget;
class QTabBar;

namespace skd {

class KeptMeasurements;
class ModelPicker;

/// What is to be measured and how, start and stop, and the measurements that are kept.
class MeasureCard : public QFrame {
    Q_OBJECT
public:
    enum class Kind { Profile, Benchmark };

    MeasureCard(ModelNames& names, QWidget* parent = nullptr);

    [[nodiscard]] Kind kind() const;
    /// Models that the picker offers; the first is taken until the user chooses.
    void setModels(const QStringList& paths);
    /// Runs whose models are measured beside it.
    void setRuns(const std::vector<RunId>& runs);
    void showKept(const KeptMeasurements& kept);
    /// `reason`: why nothing can be measured; empty where it can.
    void showState(const TaskRunner& runner, const QString& reason);
    void showProblem(const QString& text);
    /// Of the kind that is shown; empty models where the fields make no sense.
    [[nodiscard]] TaskRequest request() const;

Q_SIGNALS:
    void kindChanged();
    void startRequested();
    void stopRequested();
    void keptChosen(skd::MeasurementId id);
    void deleteRequested();
    void traceRequested();

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void buildFields();
    void buildButtons();
    void buildLayout();
    QSpinBox* addNumber(QHBoxLayout* row, const char* key, const QString& name, const QString& tip,
                        int low, int high, int value);
    QWidget* profileFields();
    QWidget* benchmarkFields();
    [[nodiscard]] std::vector<std::string> models() const;
    [[nodiscard]] std::vector<std::int64_t> batches() const;
    [[nodiscard]] QString problem() const;
    void showRuns();
    void elideRuns();
    void showButtons();

    ModelNames& m_names;
    std::vector<RunId> m_runIds;
    QTabBar* m_tabs;
    ModelPicker* m_model;
    QCheckBox* m_withRuns;
    QStackedWidget* m_fields;
    QSpinBox *m_batch, *m_length, *m_rounds, *m_prompt, *m_generate, *m_benchmarkRounds;
    QLineEdit* m_batches;
    QPushButton *m_start, *m_stop, *m_trace, *m_delete;
    QComboBox* m_kept;
    QLabel* m_line;
    QProgressBar* m_progress;
    QString m_reason, m_problem, m_runsText;
    bool m_busy = false;
};

}  // namespace skd
