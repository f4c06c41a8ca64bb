#pragma once

#include <functional>

class QWidget;

namespace skd {

class Workspace;

/// Says which deleted runs can be removed for good and what that frees, asks, and has it done on
/// another thread; `done` follows on the window's once runs are gone.
void askPurge(Workspace& workspace, QWidget* parent, std::function<void()> done);

}  // namespace skd
