#pragma once

#include <string>

namespace torch {
class Library;
}

namespace skd::simulated {

/// Making, resizing and copying of the device's tensors.
void registerOwnKernels(torch::Library& library);
/// Whether one of them, of registerAttention or of registerCudaOnly is `operation` ("aten::copy_").
bool hasOwnKernel(const std::string& operation);

}  // namespace skd::simulated
