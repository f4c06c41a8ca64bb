#pragma once

#include <ATen/ATen.h>

#include <initializer_list>
#include <utility>
#include <vector>

namespace skd::simulated {

inline bool isOnDevice(const at::Tensor& tensor) {
    return tensor.defined() && tensor.device().type() == at::kPrivateUse1;
}

/// An error that names the operator where a tensor lies on the host; undefined ones do not count.
void checkOnDevice(const char* operation, std::initializer_list<at::Tensor> tensors);

/// The device's allocator, which LibTorch's storages use.
c10::Allocator& deviceAllocator();

/// Without values, without counting a launch.
at::Tensor emptyOnDevice(at::IntArrayRef sizes, at::IntArrayRef strides, at::ScalarType type);

/// Gives a tensor of the device another shape; its storage grows where it has to.
void resizeOnDevice(const at::Tensor& tensor, at::IntArrayRef sizes, at::IntArrayRef strides);

/// The tensors of one call as the CPU's kernels see them: storages that are shared stay shared.
class OpenedTensors {
public:
    /// A CPU tensor on the same bytes; what lies on the host is returned as it is.
    at::Tensor open(const at::Tensor& tensor);
    /// A result of the CPU on the device: a view where it lies in the bytes of an opened tensor,
    /// else a copy.
    [[nodiscard]] at::Tensor close(const at::Tensor& result) const;

private:
    struct Pair {
        at::Tensor onDevice;
        c10::Storage opened;
    };
    std::vector<Pair> m_pairs;
};

}  // namespace skd::simulated
