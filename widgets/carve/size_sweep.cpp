#include "carve/size_sweep.h"

#include <QScopedValueRollback>
#include <algorithm>

namespace skd {

SizeSweep::SizeSweep(CarveState& state, QObject* parent) : QObject(parent), m_state(state) {
    m_timer.setInterval(kFrame);
    connect(&m_timer, &QTimer::timeout, this, &SizeSweep::advance);
    // A hand on a fader ends it, and so does another model.
    connect(&state, &CarveState::planChanged, this, [this] {
        if (!m_moving) stop();
    });
}

void SizeSweep::start() {
    if (m_state.sizes() == nullptr) return;
    m_state.beginEdit(tr("sweep"));
    m_clock.start();
    m_timer.start();
    advance();
    Q_EMIT changed();
}

void SizeSweep::stop() {
    if (!running()) return;
    m_timer.stop();
    m_state.endEdit();
    Q_EMIT changed();
}

/// Sizes to rest at, ascending in what they remove; both ends among them.
std::vector<double> SizeSweep::nodes() const {
    const NestedPath& path = m_state.sizes()->path();
    std::vector<double> sizes{path.largest()};
    for (const FrontPoint& point : m_state.sizes()->front().points())
        if (point.removed > sizes.back() && point.removed < path.smallest())
            sizes.push_back(point.removed);
    sizes.push_back(path.smallest());
    return sizes;
}

double SizeSweep::sizeAt(double milliseconds) const {
    const std::vector<double> sizes = nodes();
    const double whole = sizes.back() - sizes.front();
    for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
        if (milliseconds <= kRest) return sizes[i];
        milliseconds -= kRest;
        const double step = sizes[i + 1] - sizes[i], travel = kTravel * step / whole;
        if (milliseconds < travel) return sizes[i] + step * milliseconds / travel;
        milliseconds -= travel;
    }
    return sizes.back();
}

void SizeSweep::advance() {
    const double size = sizeAt(static_cast<double>(m_clock.elapsed()));
    {
        const QScopedValueRollback moving(m_moving, true);
        m_state.moveAlongPath(size);
    }
    if (size >= m_state.sizes()->path().smallest()) stop();
}

}  // namespace skd
