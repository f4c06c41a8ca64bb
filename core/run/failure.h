#pragma once

#include <exception>

#include "base/result.h"

namespace skd {

/// What an exception of LibTorch, SQLite or the allocator means, in the words of an error: where
/// threads and programs end such an exception, they tell this.
Error failureOf(const std::exception& error);

}  // namespace skd
