#pragma once

#include <ATen/ATen.h>

/// An accelerator for tests, made of the host's memory and the CPU's kernels: LibTorch's
/// PrivateUse1, named "simulated". It stands for a CUDA device as far as that can be counted:
/// - its memory cannot be read or written by the host (DeviceMemory);
/// - an operator runs on it only if it has a CUDA kernel in the CUDA build of LibTorch
///   (cuda_operators.txt); composite ones run as they do there; any other is an error that names
///   it;
/// - tensors of the host among the arguments are an error, except for scalars (no dimensions);
/// - launches, copies, synchronisations and memory are counted (Recording).
/// It says nothing about time.
namespace skd::simulated {

/// Registers the device with LibTorch; for good, and once however often it is called.
void installDevice();

inline at::Device device() {
    return {at::kPrivateUse1, 0};
}

/// The tensor as one of the CPU on the same bytes: for kernels and checks only. Undefined stays
/// undefined.
at::Tensor openedTensor(const at::Tensor& tensor);

}  // namespace skd::simulated
