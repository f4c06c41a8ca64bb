#include "compare/compare_view.h"
#include "compare/task_figures.h"
#include "controls/grid_model.h"

#include <cmath>

#include "controls/build.h"
#include "controls/data_table.h"
#include "report/statistics.h"
#include "style/format.h"

namespace skd {

namespace {

class FiguresView : public CompareView {
    Q_DECLARE_TR_FUNCTIONS(skd::FiguresView)
public:
    explicit FiguresView(QWidget* parent)
        : CompareView(parent),
          m_model(new GridModel(this)),
          m_table(
              named(new DataTable(tr("Figures of the runs selected"), this), "compare.figures")) {
        m_table->setModel(m_model);
        addEmptyNote(
            m_table,
            tr("Select runs in the list on the left: their figures appear here side by side."));
        fill(m_table);
        connect(m_table, &DataTable::clicked, this, [this](const QModelIndex& index) {
            if (index.row() < static_cast<int>(m_first.size()))
                Q_EMIT chosen(m_first[index.row()], false);
        });
        connect(m_table, &DataTable::activated, this, [this](const QModelIndex& index) {
            if (index.row() < static_cast<int>(m_first.size())) Q_EMIT opened(m_first[index.row()]);
        });
    }
    /// Columns that no run selected has a figure for are skipped.
    void draw() override {
        const std::vector<RunGroup> groups = m_scene.data->groups(m_scene.runs, m_scene.grouped);
        QStringList header{tr("run")};
        std::vector<RunFigure> columns;
        for (const FigureInfo& info : figureInfos()) {
            if (std::none_of(groups.begin(), groups.end(), [&](const RunGroup& group) {
                    return m_scene.data->statistic(group, info.figure).count > 0;
                }))
                continue;
            columns.push_back(info.figure);
            header << info.name;
            if (m_scene.grouped) header << tr("± std");
        }
        const std::vector<TaskColumn> tasks = taskColumns(*m_scene.data, groups);
        for (const TaskColumn& task : tasks)
            header << task.title() << tr("%1, change").arg(asText(task.task));
        GridModel::Rows rows;
        m_first.clear();
        for (const RunGroup& group : groups) {
            rows.push_back(rowOf(group, columns));
            for (const TaskColumn& task : tasks)
                for (GridCell& cell : taskCells(*m_scene.data, group, task))
                    rows.back().push_back(std::move(cell));
            m_first.push_back(group.runs.front());
        }
        m_model->setStrongColor(themeColors(this).accent);
        if (rows.empty()) header.clear();
        m_model->setGrid(std::move(header), std::move(rows));
        m_table->fitColumns();
    }

private:
    [[nodiscard]] std::vector<GridCell> rowOf(const RunGroup& group,
                                              const std::vector<RunFigure>& columns) const {
        const RunRow& first = m_scene.data->find(group.runs.front())->row;
        std::vector<GridCell> cells{{group.name, std::nan(""), false,
                                     runColor(themeColors(this), first), statusText(first.status)}};
        for (RunFigure figure : columns) {
            const FigureInfo& info = infoOf(figure);
            const Statistic statistic = m_scene.data->statistic(group, figure);
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

    GridModel* m_model;
    DataTable* m_table;
    std::vector<RunId> m_first;  ///< of each row's group
};

}  // namespace

CompareView* makeFiguresView(QWidget* parent) {
    return new FiguresView(parent);
}

}  // namespace skd
