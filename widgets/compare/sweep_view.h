#pragma once

#include "charts/views/parallel_plot.h"
#include "compare/compare_view.h"

class QLabel;
class QPushButton;

namespace skd {

class ChoiceButton;

/// Parallel coordinates of the runs selected: the fields in which their specs differ, then what
/// came out of it.
class SweepView : public CompareView {
    Q_OBJECT
public:
    explicit SweepView(QWidget* parent = nullptr);
    [[nodiscard]] ParallelPlot& plot() { return *m_plot; }
    void setScene(const CompareScene& scene) override;

private:
    void draw();
    void addFields(const std::vector<const ComparedRun*>& runs);
    void addFigures(const std::vector<const ComparedRun*>& runs);
    void addAxis(ParallelAxis axis, const std::vector<double>& values);
    void showCount(int passing, int all);

    ParallelPlot* m_plot;
    ChoiceButton* m_last;
    QLabel* m_count;
    QPushButton* m_clear;
    CompareScene m_scene;
    std::vector<ParallelAxis> m_axes;
    std::vector<ParallelLine> m_lines;
};

}  // namespace skd
