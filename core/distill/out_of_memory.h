#pragma once

#include <exception>

namespace skd {

/// True for std::bad_alloc, c10::OutOfMemoryError, and the plain c10::Error of LibTorch's CPU
/// allocator.
bool isOutOfMemory(const std::exception& error);

}  // namespace skd
