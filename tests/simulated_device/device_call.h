#pragma once

#include <ATen/core/dispatch/Dispatcher.h>

namespace skd::simulated {

/// The kernel of every operator that has one on a CUDA device: the CPU's, on the opened bytes. One
/// launch; a multi-tensor operator ("_foreach_", "_fused_") is one as well where its lists have one
/// type and dense tensors of the same shapes, as there, else one for every tensor; a view is none.
/// Tensors of the host among the arguments are an error unless they have no dimensions.
void runOnDevice(const c10::OperatorHandle& operation, c10::DispatchKeySet,
                 torch::jit::Stack* stack);

/// The kernel of all others: an error with the operator's name.
void refuseOnDevice(const c10::OperatorHandle& operation, c10::DispatchKeySet,
                    torch::jit::Stack* stack);

}  // namespace skd::simulated
