#pragma once

#include "bridge/run_curves.h"
#include "charts/plot/plot_view.h"
#include "controls/card.h"

namespace skd {

class ChoiceButton;

/// A run as a page draws it.
struct ShownRun {
    RunId id;
    const RunCurves* curves = nullptr;
    QColor color;
    bool live = false;
};

/// Perplexity over steps on a log scale: the current run with dense line and collapse, others
/// behind.
class PerplexityCard : public Card {
    /// What a marker of the plot stands for.
    struct Mark {
        std::int64_t checkpoint = -1;  ///< step, or
        AnnotationRow note;            ///< with an id above 0
    };

    Q_OBJECT
public:
    explicit PerplexityCard(QWidget* parent = nullptr);
    [[nodiscard]] PlotView& plot() { return *m_plot; }
    /// The first run is the current one.
    void show(const std::vector<ShownRun>& runs);
    /// 0 draws the values as they are; else the raw line stays faint behind the smoothed one.
    void setSmoothing(double weight);
    /// Seeds of one variant as mean ± std instead of a line each.
    void setBands(bool on);

Q_SIGNALS:
    void checkpointChosen(skd::RunId run, std::int64_t step);
    void noteRequested(skd::RunId run, std::int64_t step);
    void noteChosen(const skd::AnnotationRow& note);

private:
    void buildForecast();
    void draw();
    void drawRun(const ShownRun& run, bool first);
    void drawNodes(const ShownRun& run);
    void feedNodes(const ShownRun& run);
    void drawBands(PlotAnnotations& annotations);
    void annotate(const ShownRun& run, PlotAnnotations& annotations);
    void addRounds(const RunCurves& curves, PlotAnnotations& annotations);
    void addNotes(const RunCurves& curves, PlotAnnotations& annotations);
    void addMarks(const RunCurves& curves, PlotAnnotations& annotations);
    void showTitle(const RunCurves& curves);
    void showForecast(const ShownRun& run);
    void onMarker(std::size_t marker);

    PlotView* m_plot;
    ElidedLabel* m_forecast;
    ChoiceButton *m_scale, *m_smoothing, *m_seeds;
    std::vector<ShownRun> m_runs;
    std::vector<std::pair<RunId, QColor>> m_drawn;
    std::vector<double>
        m_drawnNodes;           ///< sizes of the current run that have a line, after all runs
    std::vector<Mark> m_marks;  ///< of the plot's last markers
    /// Run, edition and length of the curve, and whether the store's part was there.
    std::tuple<RunId, std::uint64_t, std::size_t, bool> m_forecastOf;
    double m_weight = 0;
    bool m_bands = false, m_restyled = true;
};

/// Where the collapse begins and what the goal is: figures of the live slice where they exist.
double denseLevel(const RunCurves& curves);
double collapseLevel(const RunCurves& curves);

}  // namespace skd
