#pragma once

#include <QElapsedTimer>
#include <QTimer>

#include "carve/carve_state.h"

namespace skd {

/// Moves the size of an elastic run by itself from its largest to its smallest, resting at every
/// node: its recorded figures follow, so that no model is needed.
class SizeSweep : public QObject {
    Q_OBJECT
public:
    static constexpr int kFrame = 40;         ///< ms between two positions
    static constexpr double kTravel = 9'000;  ///< ms from end to end, without rests
    static constexpr double kRest = 1'200;    ///< ms at a node

    explicit SizeSweep(CarveState& state, QObject* parent = nullptr);

    [[nodiscard]] bool running() const { return m_timer.isActive(); }
    /// From the largest size on; does nothing where the page is over no elastic run.
    void start();
    void stop();
    /// Size after this many ms; the smallest from the end on.
    [[nodiscard]] double sizeAt(double milliseconds) const;

Q_SIGNALS:
    void changed();

private:
    void advance();
    [[nodiscard]] std::vector<double> nodes() const;

    CarveState& m_state;
    QTimer m_timer;
    QElapsedTimer m_clock;
    bool m_moving = false;  ///< the plan changes because the sweep moves
};

}  // namespace skd
