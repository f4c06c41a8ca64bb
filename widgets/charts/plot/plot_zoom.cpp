#include "charts/plot/plot_zoom.h"

#include <algorithm>
#include <utility>

namespace skd {

namespace {

constexpr double kNarrowest = 1e-6;  ///< of the whole

void moveLast(std::vector<Range>& from, std::vector<Range>& to) {
    if (from.empty()) return;
    to.push_back(from.back());
    from.pop_back();
}

}  // namespace

void PlotZoom::narrow(const Range& x, const Range& whole, bool byWheel) {
    if (std::exchange(m_wheeling, byWheel) && byWheel && !m_stack.empty()) m_stack.pop_back();
    const Range wanted{std::max(whole.low, x.low), std::min(whole.high, x.high)};
    if (wanted.span() <= whole.span() * kNarrowest || wanted.span() >= whole.span()) return;
    m_stack.push_back(wanted);
    m_left.clear();
}

void PlotZoom::back() {
    m_wheeling = false;
    moveLast(m_stack, m_left);
}

void PlotZoom::forward() {
    m_wheeling = false;
    moveLast(m_left, m_stack);
}

}  // namespace skd
