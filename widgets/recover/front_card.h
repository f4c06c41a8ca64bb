#pragma once

#include "bridge/run_front.h"
#include "controls/card.h"
#include "recover/perplexity_card.h"

class QSlider;

namespace skd {

/// The front of an elastic run: perplexity over the fraction removed, at its nodes. It moves while
/// the run trains; a slider goes back to earlier steps. Hidden where the run has one size.
class FrontCard : public Card {
    Q_OBJECT
public:
    explicit FrontCard(QWidget* parent = nullptr);
    [[nodiscard]] PlotView& plot() { return *m_plot; }
    void show(const ShownRun& run);
    /// There is no run to show.
    void clear();

private:
    void buildSlider();
    /// At its end the slider follows the run.
    void fitSlider(bool otherRun);
    void draw();
    void drawFront(const QString& name, const QColor& color, Qt::PenStyle pen,
                   const std::vector<FrontPoint>& front);
    void drawRecorded(PlotAnnotations& annotations);
    void showDraws();
    [[nodiscard]] double chosenStep() const;

    PlotView* m_plot;
    QSlider* m_slider;
    QLabel* m_stepText;
    ElidedLabel* m_draws;
    ShownRun m_run;
    std::vector<double> m_steps;  ///< that the slider goes through
};

}  // namespace skd
