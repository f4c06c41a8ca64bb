#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <span>
#include <type_traits>

namespace skd {

/// The values of a contiguous tensor on the CPU: float, or std::uint16_t for the bits of bfloat16.
template <class T>
T* valuesOf(const at::Tensor& tensor) {
    if constexpr (std::is_same_v<T, float>)
        return tensor.mutable_data_ptr<float>();
    else
        return reinterpret_cast<std::uint16_t*>(tensor.mutable_data_ptr<at::BFloat16>());
}

/// Calls `work` with the valuesOf a tensor in its own type.
template <class Work>
auto onValues(const at::Tensor& tensor, Work&& work) {
    if (tensor.scalar_type() == at::kBFloat16) return work(valuesOf<std::uint16_t>(tensor));
    return work(valuesOf<float>(tensor));
}

/// Row `row` of `size` values each.
template <class T>
std::span<T> rowOf(T* values, std::int64_t row, std::int64_t size) {
    return {values + row * size, static_cast<std::size_t>(size)};
}

}  // namespace skd
