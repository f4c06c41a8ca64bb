#pragma once

#include <exception>

namespace skd {

/// True for std::bad_alloc, c10::OutOfMemoryError, and the plain c10::Error of LibTorch's CPU
/// allocator. What takes a failure of LibTorch for one of the numbers asks this first.
bool isOutOfMemory(const std::exception& error);

}  // namespace skd
