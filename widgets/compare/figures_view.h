#pragma once

#include "compare/compare_view.h"
#include "controls/grid_model.h"

namespace skd {

class DataTable;

/// The figures of the runs selected side by side: the table twin of the charts above.
class FiguresView : public CompareView {
    Q_OBJECT
public:
    explicit FiguresView(QWidget* parent = nullptr);
    [[nodiscard]] GridModel& model() { return *m_model; }
    void setScene(const CompareScene& scene) override;

private:
    [[nodiscard]] std::vector<GridCell> rowOf(const RunGroup& group,
                                              const std::vector<RunFigure>& columns) const;

    GridModel* m_model;
    DataTable* m_table;
    CompareScene m_scene;
    std::vector<RunId> m_first;  ///< of each row's group
};

}  // namespace skd
