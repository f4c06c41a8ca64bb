#pragma once

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cstdint>
#include <span>
#include <vector>

/// Tensors as kernels take them: of float, or of bfloat16 as bits (std::uint16_t).
namespace skd {

/// On the CPU in f32 or bf16.
inline bool hasElements(const at::Tensor& tensor) {
    return tensor.is_cpu() &&
           (tensor.scalar_type() == at::kFloat || tensor.scalar_type() == at::kBFloat16);
}

/// Whether autograd follows one of the tensors, which may be undefined.
template <class... Tensors>
bool needsGradient(const Tensors&... tensors) {
    return c10::GradMode::is_enabled() && ((tensors.defined() && tensors.requires_grad()) || ...);
}

/// [.., n] -> [product of the others, n]
inline at::Tensor asRows(const at::Tensor& tensor) {
    return tensor.reshape({-1, tensor.size(-1)});
}

/// The shape of `like` with another last dimension.
inline std::vector<std::int64_t> shapeWith(const at::Tensor& like, std::int64_t width) {
    std::vector<std::int64_t> shape = like.sizes().vec();
    shape.back() = width;
    return shape;
}

/// Calls work(T*), with null, where T is the type of the tensor's elements.
template <class Work>
auto forElement(const at::Tensor& like, Work&& work) {
    return like.scalar_type() == at::kFloat ? work(static_cast<float*>(nullptr))
                                            : work(static_cast<std::uint16_t*>(nullptr));
}

/// Null where the tensor is undefined.
template <class T>
T* elements(const at::Tensor& tensor) {
    return tensor.defined() ? static_cast<T*>(tensor.data_ptr()) : nullptr;
}

/// A row of a matrix without gaps.
template <class T>
std::span<const T> rowOf(const at::Tensor& matrix, std::int64_t row) {
    return {elements<T>(matrix) + row * matrix.size(1), static_cast<std::size_t>(matrix.size(1))};
}

}  // namespace skd
