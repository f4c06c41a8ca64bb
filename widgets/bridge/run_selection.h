#pragma once

#include <QObject>
#include <algorithm>
#include <vector>

#include "base/units.h"

namespace skd {

/// Which runs the pages show: one in front, others laid over it.
class RunSelection : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;
    [[nodiscard]] RunId current() const { return m_current; }
    /// The others, without the current one.
    [[nodiscard]] const std::vector<RunId>& others() const { return m_others; }
    /// All of them, the current one first.
    [[nodiscard]] std::vector<RunId> all() const {
        std::vector<RunId> runs{m_current};
        runs.insert(runs.end(), m_others.begin(), m_others.end());
        return runs;
    }
    [[nodiscard]] bool contains(RunId run) const {
        return run == m_current ||
               std::find(m_others.begin(), m_others.end(), run) != m_others.end();
    }
    void set(RunId current, std::vector<RunId> others) {
        std::erase(others, current);
        if (current == m_current && others == m_others) return;
        m_current = current;
        m_others = std::move(others);
        Q_EMIT changed();
    }

Q_SIGNALS:
    void changed();

private:
    RunId m_current;
    std::vector<RunId> m_others;
};

}  // namespace skd
