#pragma once

#include "charts/plot/plot_view.h"
#include "compare/compare_view.h"

class QComboBox;

namespace skd {

class ChoiceButton;

/// Any metric of the runs selected over each other: a line each, or mean ± std of seeds.
class CurvesView : public CompareView {
    Q_OBJECT
public:
    explicit CurvesView(QWidget* parent = nullptr);
    [[nodiscard]] PlotView& plot() { return *m_plot; }
    void setScene(const CompareScene& scene) override;
    [[nodiscard]] bool settled() const override;

private:
    void offerMetrics();
    void draw();
    void drawRun(const RunCurves& curves, const QColor& color, std::size_t index);
    void drawGroup(const RunGroup& group, const QColor& color, std::size_t index,
                   PlotAnnotations& annotations);
    void addLine(SeriesStyle style, std::vector<double> xs, const std::vector<double>& ys);
    [[nodiscard]] double commonDense() const;

    PlotView* m_plot;
    QComboBox* m_metric;
    ChoiceButton *m_smoothing, *m_scale;
    CompareScene m_scene;
    double m_weight = 0;
};

/// "ppl.live" -> "perplexity"; a metric without words of its own keeps its name.
QString metricText(const std::string& metric);

}  // namespace skd
