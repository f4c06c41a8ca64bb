#pragma once

#include <optional>
#include <vector>

#include "base/ticks.h"

namespace skd {

inline constexpr double kZoomIn = 0.8, kZoomOut = 1.25;  ///< of the range, by a turn or a key

/// The zooms of a plot as a stack that can be walked back and forward.
class PlotZoom {
public:
    /// The range of x in view; nothing: all of it.
    [[nodiscard]] std::optional<Range> shown() const {
        return m_stack.empty() ? std::nullopt : std::optional(m_stack.back());
    }
    [[nodiscard]] std::size_t depth() const { return m_stack.size(); }
    [[nodiscard]] bool canForward() const { return !m_left.empty(); }

    /// Narrows the view to `x` inside `whole`; nothing happens where that is all of it or too
    /// narrow to tell values apart. Turns of a wheel in a row are one entry of the stack.
    void narrow(const Range& x, const Range& whole, bool byWheel = false);
    void back();
    void forward();
    /// Shows everything; forward() leads back in.
    void reset() {
        while (!m_stack.empty()) back();
    }

private:
    std::vector<Range> m_stack, m_left;  ///< in force, and those that were left; the next one last
    bool m_wheeling = false;
};

}  // namespace skd
