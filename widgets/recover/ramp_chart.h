#pragma once

#include <QWidget>

#include "bridge/run_curves.h"

class QLabel;

namespace skd {

class ElidedLabel;
class PlotView;
struct RampCurve;

/// The ramp that found a run's learning rate: its loss over the rates, and the rate that was
/// chosen. Of several rounds the last one's. Hidden where a run has none.
class RampChart : public QWidget {
    Q_OBJECT
public:
    explicit RampChart(QWidget* parent = nullptr);
    void show(const RunCurves& curves);

private:
    void draw(const RampCurve& ramp);
    PlotView* m_plot;
    ElidedLabel* m_chosen;
    /// Edition and length of the curve, why its rate was chosen, and the colours it was drawn in.
    std::tuple<std::uint64_t, std::size_t, std::string, bool> m_drawn;
};

}  // namespace skd
