#pragma once

#include <functional>

#include "base/result.h"

namespace skd {

/// Runs a job of the engine thread: the one place where exceptions of LibTorch, SQLite and the
/// allocator end. What was thrown becomes an error in words for `failed`.
void guarded(const std::function<void(const Error&)>& failed, const std::function<void()>& job);

}  // namespace skd
