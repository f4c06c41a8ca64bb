#pragma once

#include <QObject>
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
