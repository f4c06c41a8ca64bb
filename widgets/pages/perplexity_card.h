#pragma once

#include "charts/plot_view.h"
#include "models/run_curves.h"
#include "pages/card.h"

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
    Q_OBJECT
public:
    explicit PerplexityCard(QWidget* parent = nullptr);
    [[nodiscard]] PlotView& plot() { return *m_plot; }
    /// The first run is the current one.
    void show(const std::vector<ShownRun>& runs);

private:
    void rebuild(const std::vector<ShownRun>& runs);
    void annotate(const ShownRun& run);
    void showTitle(const RunCurves& curves);
    PlotView* m_plot;
    ChoiceButton* m_scale;
    std::vector<std::pair<RunId, QColor>> m_drawn;
};

/// Where the collapse begins and what the goal is: figures of the live slice where they exist.
double denseLevel(const RunCurves& curves);
double collapseLevel(const RunCurves& curves);

}  // namespace skd
