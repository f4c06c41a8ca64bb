#pragma once

#include "controls/dock.h"
#include "window/log_model.h"

class QListView;

namespace skd {

class EventBridge;

/// The log: levels, text filter, copy.
class LogDock : public Dock {
    Q_OBJECT
public:
    explicit LogDock(EventBridge& events, QWidget* parent = nullptr);
    [[nodiscard]] LogModel& model() { return *m_model; }
    [[nodiscard]] LogProxy& proxy() { return *m_proxy; }
    void copy();

private:
    LogModel* m_model;
    LogProxy* m_proxy;
    QListView* m_list;
};

}  // namespace skd
