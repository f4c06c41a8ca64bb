#pragma once

#include "charts/views/scatter_plot.h"
#include "compare/compare_view.h"

namespace skd {

class ChoiceButton;

/// What was given up against what it cost: size, bytes or time against perplexity, a point per run
/// or per variant, with the front of those that none beats.
class TradeoffView : public CompareView {
    Q_OBJECT
public:
    enum class Scope { All, Selected };
    enum class Coloring { Method, Study, Model };

    explicit TradeoffView(QWidget* parent = nullptr);
    [[nodiscard]] ScatterPlot& plot() { return *m_plot; }
    void setScene(const CompareScene& scene) override;

private:
    void buildControls();
    void draw();
    void wantDetails(const std::vector<RunId>& runs);
    [[nodiscard]] std::vector<RunId> runsInScope() const;
    [[nodiscard]] QString groupOf(const RunRow& row) const;
    [[nodiscard]] ScatterPoint pointOf(const RunGroup& group) const;
    void showReference(const std::vector<RunId>& runs);

    ScatterPlot* m_plot;
    QLabel* m_left;  ///< how many runs have no place on it
    ChoiceButton *m_x, *m_y, *m_scope, *m_coloring;
    CompareScene m_scene;
};

}  // namespace skd
