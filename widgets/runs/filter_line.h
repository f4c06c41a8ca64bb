#pragma once

#include <QLineEdit>
#include <functional>

#include "runs/run_filter.h"

class QCompleter;
class QStringListModel;

namespace skd {

/// A line for a RunFilter that offers how it may continue.
class FilterLine : public QLineEdit {
    Q_OBJECT
public:
    /// `runs` gives the runs whose values are offered.
    FilterLine(std::function<const std::vector<RunRow>&()> runs, QWidget* parent = nullptr);
    /// What is offered now; empty while nothing is.
    [[nodiscard]] QStringList offered() const;

private:
    void offer();
    void take(const QString& candidate);

    std::function<const std::vector<RunRow>&()> m_runs;
    QStringListModel* m_candidates;
    QCompleter* m_completer;
    qsizetype m_begin = 0;
};

}  // namespace skd
