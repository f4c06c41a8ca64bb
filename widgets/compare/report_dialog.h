#pragma once

#include <QDialog>
#include <memory>

#include "bridge/text.h"
#include "report/report.h"

class QTextBrowser;

namespace skd {

/// A study's results with the report made of them.
struct StudyReport {
    StudyResults results;
    Report report;
};

/// A study's whole report to read: tables beside the paper's, warnings, findings, criteria,
/// figures.
class ReportDialog : public QDialog {
    Q_OBJECT
public:
    ReportDialog(std::shared_ptr<const StudyReport> report, QWidget* parent = nullptr);
    [[nodiscard]] QTextBrowser& text() { return *m_text; }

Q_SIGNALS:
    void exportRequested();

private:
    void fill();

    std::shared_ptr<const StudyReport> m_report;
    QTextBrowser* m_text;
};

}  // namespace skd
