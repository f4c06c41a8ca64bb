#pragma once

#include "carve/carve_reference.h"
#include "charts/plot/plot_view.h"
#include "controls/card.h"

namespace skd {

class ChoiceButton;

/// Singular values of the selected matrices, with the cut as a handle.
class SpectrumCard : public Card {
    Q_OBJECT
public:
    SpectrumCard(CarveState& state, CarveReference& reference, QWidget* parent = nullptr);
    [[nodiscard]] PlotView& plot() { return *m_plot; }

private:
    static QString whitenedTip(Truncation truncation);
    void buildControls();
    void connectHandle();
    void showSpectra();
    void showCut();
    /// A value for every rank from 1 on.
    void addLine(const SeriesStyle& style, std::vector<double> values);
    void addCurve(std::size_t matrix, const QColor& color, double width);
    void addBehind(std::size_t matrix);
    void showChoices();
    void addEnergy(std::size_t matrix);
    void showSigmas();
    /// Over a run that has recorded its trained factors: what their prefixes leave out.
    void showTrained();
    void addTrained(std::size_t matrix, const QColor& color, double width);
    void addStart(std::size_t matrix);
    [[nodiscard]] bool isTrained() const;
    void showTitle();
    [[nodiscard]] QString hoverText(double x) const;
    [[nodiscard]] double fullRank() const;

    CarveState& m_state;
    CarveReference& m_reference;
    PlotView* m_plot;
    ChoiceButton *m_truncation, *m_form;
    QLabel* m_scale;
};

}  // namespace skd
