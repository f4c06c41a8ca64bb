#pragma once

namespace skd::test {

/// From now on the `number`-th memory that LibTorch asks for on the CPU, whichever thread does, is
/// refused with LibTorch's own error; with `fromThere` every later one as well. This program
/// replaces LibTorch's allocator.
void failTensors(long number, bool fromThere = false);
/// No memory is refused any more; how often LibTorch asked since failTensors.
long stopFailingTensors();

}  // namespace skd::test
