#pragma once

#include <memory>

#include "compare/compare_view.h"
#include "controls/grid_model.h"

class QComboBox;
class QPushButton;

namespace skd {

class DataTable;
struct StudyReport;

/// The paper's tables: a study of the workspace, its own figures beside the paper's, its criteria,
/// and the whole report to read or to keep.
class StudyView : public CompareView {
    Q_OBJECT
public:
    explicit StudyView(Workspace& workspace, QWidget* parent = nullptr);
    /// Reads the list of studies and the one shown again.
    void reload();
    [[nodiscard]] bool settled() const override { return m_waiting == 0; }
    /// Writes the study's report files into a folder, on the reader's thread.
    void exportReport(const QString& folder);
    void openReport();

Q_SIGNALS:
    /// One sentence on what became of an export.
    void said(const QString& text);

private:
    /// Shows the study of the run in front, once another run's comes there.
    void draw() override;
    void takeStudies(const std::vector<StudyRow>& studies);
    void load();
    void take(StudyReport report);
    void clear(const QString& why);
    void askFolder();

    Workspace& m_workspace;
    GridModel* m_model;
    DataTable* m_table;
    QComboBox* m_studies;
    QPushButton *m_open, *m_export;
    QLabel *m_criteria, *m_empty;
    std::shared_ptr<const StudyReport> m_report;
    StudyId m_ofRun;
    int m_waiting = 0;
    bool m_follow = false;  ///< the study of the run in front is to be shown
};

}  // namespace skd
