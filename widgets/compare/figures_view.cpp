#include "compare/figures_view.h"

#include <cmath>

#include "controls/build.h"
#include "controls/data_table.h"
#include "report/statistics.h"
#include "style/format.h"

namespace skd {

namespace {

Statistic statisticOf(const CompareData& data, const RunGroup& group, RunFigure figure) {
    std::vector<double> values;
    for (RunId run : group.runs) values.push_back(figureOf(*data.find(run), figure));
    return summarise(values);
}

}  // namespace

FiguresView::FiguresView(QWidget* parent)
    : CompareView(parent),
      m_model(new GridModel(this)),
      m_table(named(new DataTable(tr("Figures of the runs selected"), this), "compare.figures")) {
    m_table->setModel(m_model);
    addEmptyNote(
        m_table,
        tr("Select runs in the list on the left: their figures appear here side by side."));
    auto* column = makeColumn(-1, this);
    column->addWidget(m_table);
    setFocusProxy(m_table);
    connect(m_table, &DataTable::clicked, this, [this](const QModelIndex& index) {
        if (index.row() < static_cast<int>(m_first.size()))
            Q_EMIT chosen(m_first[index.row()], false);
    });
    connect(m_table, &DataTable::activated, this, [this](const QModelIndex& index) {
        if (index.row() < static_cast<int>(m_first.size())) Q_EMIT opened(m_first[index.row()]);
    });
}

std::vector<GridCell> FiguresView::rowOf(const RunGroup& group,
                                         const std::vector<RunFigure>& columns) const {
    const RunRow& first = m_scene.data->find(group.runs.front())->row;
    std::vector<GridCell> cells{{group.name, std::nan(""), false,
                                 runColor(themeColors(this), first), statusText(first.status)}};
    for (RunFigure figure : columns) {
        const FigureInfo& info = infoOf(figure);
        const Statistic statistic = statisticOf(*m_scene.data, group, figure);
        cells.push_back({info.text(statistic.mean),
                         statistic.mean,
                         figure == RunFigure::PostKdPpl,
                         {},
                         info.tip});
        if (!m_scene.grouped) continue;
        const bool spread = statistic.count > 1;
        cells.push_back({spread ? info.text(statistic.deviation) : QStringLiteral("–"),
                         spread ? statistic.deviation : std::nan(""),
                         false,
                         {},
                         {}});
    }
    return cells;
}

/// Columns that no run selected has a figure for are skipped.
void FiguresView::setScene(const CompareScene& scene) {
    m_scene = scene;
    const std::vector<RunGroup> groups = scene.data->groups(scene.runs, scene.grouped);
    QStringList header{tr("run")};
    std::vector<RunFigure> columns;
    for (const FigureInfo& info : figureInfos()) {
        bool any = false;
        for (const RunGroup& group : groups)
            any = any || statisticOf(*scene.data, group, info.figure).count > 0;
        if (!any) continue;
        columns.push_back(info.figure);
        header << info.name;
        if (scene.grouped) header << tr("± std");
    }
    GridModel::Rows rows;
    m_first.clear();
    for (const RunGroup& group : groups) {
        rows.push_back(rowOf(group, columns));
        m_first.push_back(group.runs.front());
    }
    m_model->setStrongColor(themeColors(this).accent);
    if (rows.empty()) header.clear();
    m_model->setGrid(std::move(header), std::move(rows));
    m_table->fitColumns();
}

}  // namespace skd
