#pragma once

#include <QDialog>

#include "bridge/task_runner.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;

namespace skd {

class ModelExportCard;
class ModelPicker;

/// A model as a folder for another program: what for, in which type, where; progress, and in the
/// end what was written and how to serve it. Closing it while it works stops the export.
class ModelExportDialog : public QDialog {
    Q_OBJECT
public:
    /// Offers the models of `runs` (those that are complete), `chosen` first. The workspace is not
    /// read-only, and outlives the dialog.
    ModelExportDialog(Workspace& workspace, RunMonitor& monitor, const std::vector<RunRow>& runs,
                      RunId chosen, QWidget* parent);

    /// What would be exported now.
    [[nodiscard]] ExportRequest request() const;
    [[nodiscard]] TaskRunner& runner() { return m_runner; }

private:
    void buildForm(QFormLayout* form, const std::vector<RunRow>& runs, RunId chosen);
    void buildTargets();
    void buildFolder();
    void buildState();
    void connectParts();
    /// Of an elastic run the sizes that it has trained; asks the workspace.
    void onModel();
    void showSizes(const std::optional<ElasticSummary>& sizes);
    void onTarget();
    void proposeFolder();
    void showState();
    void start();
    void showWritten(const Json& record);
    void complain(const QString& text);

    Workspace& m_workspace;
    TaskRunner m_runner;
    QString m_parentFolder;    ///< of the last export
    bool m_ownFolder = false;  ///< typed or chosen: no longer proposed
    ModelPicker* m_model;
    QComboBox *m_target, *m_type;
    QDoubleSpinBox* m_size;
    QLabel *m_sizeName, *m_line;
    QLineEdit* m_folder;
    QPushButton *m_browse, *m_start, *m_stop, *m_close;
    QCheckBox* m_replace;
    QProgressBar* m_progress;
    ModelExportCard* m_card;
};

}  // namespace skd
