#include "compare/diff_card.h"

#include <QHeaderView>
#include <cmath>

#include "controls/data_table.h"
#include "report/comparison.h"

namespace skd {

namespace {
constexpr std::size_t kMostRuns = 30;  ///< columns; the sweep's axes show more
}

DiffCard::DiffCard(QWidget* parent)
    : Card(tr("What differs"), parent),
      m_model(new GridModel(this)),
      m_table(named(new DataTable(tr("Settings that differ"), this), "compare.diff")) {
    m_table->setModel(m_model);
    m_note = makeLabel({}, TextRole::Small, "secondary", this);
    m_empty = wrapped(makeLabel({}, TextRole::Small, "secondary", this, "compare.diff.empty"));
    m_empty->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    addControl(m_note);
    body()->addWidget(m_empty);
    body()->addWidget(m_table, 1);
}

/// A value that is not the first run's is emphasised.
void DiffCard::setScene(const CompareScene& scene) {
    std::vector<std::string> names;
    std::vector<RunDetails> runs;
    QStringList header{tr("field")};
    for (RunId id : scene.runs) {
        const ComparedRun* run = scene.data->find(id);
        if (run == nullptr || !scene.data->hasDetails(id) || runs.size() == kMostRuns) continue;
        names.push_back(run->row.name);
        RunDetails details;
        details.row = run->row;
        details.spec = run->spec;
        details.summary = run->summary;
        runs.push_back(std::move(details));
        header << asText(run->row.name);
    }
    GridModel::Rows rows;
    const ReportTable differences =
        runs.size() > 1 ? compareDetails(names, runs).differences : ReportTable{};
    for (const auto& row : differences.rows) {
        if (row.front() == "name") continue;  // stands in the header
        std::vector<GridCell> cells;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const QString text = asText(row[i]);
            cells.push_back({text, std::nan(""), i > 1 && row[i] != row[1], {}, text});
        }
        rows.push_back(std::move(cells));
    }
    m_model->setStrongColor(themeColors(this).accent);
    m_empty->setText(
        runs.size() < 2
            ? tr("Select a second run (Ctrl+click) to see in which settings they differ.")
            : tr("The runs selected have the same settings."));
    m_empty->setVisible(rows.empty());
    m_table->setVisible(!rows.empty());
    m_note->setText(runs.size() < scene.runs.size() && runs.size() == kMostRuns
                        ? tr("the first %1 runs").arg(kMostRuns)
                    : rows.empty() ? QString()
                                   : tr("%1 fields").arg(rows.size()));
    m_model->setGrid(std::move(header), std::move(rows));
    m_table->fitColumns(150);
}

}  // namespace skd
