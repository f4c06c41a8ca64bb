#include "model/device_copy.h"

#include <cstring>

namespace skd {
namespace {

/// Every tensor begins where any type may.
constexpr std::int64_t kPackAlignment = 16;

std::int64_t packedBytes(const at::Tensor& tensor) {
    if (!tensor.defined()) return 0;
    const auto bytes = static_cast<std::int64_t>(tensor.nbytes());
    return (bytes + kPackAlignment - 1) / kPackAlignment * kPackAlignment;
}

}  // namespace

at::Tensor packValues(const std::vector<at::Tensor>& host, bool pinned) {
    std::int64_t bytes = 0;
    for (const at::Tensor& tensor : host) bytes += packedBytes(tensor);
    at::Tensor packed = at::empty({bytes}, at::TensorOptions(at::kByte).pinned_memory(pinned));
    auto* out = packed.mutable_data_ptr<std::uint8_t>();
    for (const at::Tensor& tensor : host) {
        if (!tensor.defined()) continue;
        const at::Tensor whole = tensor.contiguous();
        std::memcpy(out, whole.const_data_ptr(), whole.nbytes());
        out += packedBytes(tensor);
    }
    return packed;
}

std::vector<at::Tensor> unpackValues(const at::Tensor& packed,
                                     const std::vector<at::Tensor>& like) {
    std::vector<at::Tensor> parts;
    std::int64_t begin = 0;
    for (const at::Tensor& tensor : like) {
        parts.emplace_back();
        if (!tensor.defined()) continue;
        parts.back() = packed.narrow(0, begin, static_cast<std::int64_t>(tensor.nbytes()))
                           .view(tensor.scalar_type())
                           .view(tensor.sizes());
        begin += packedBytes(tensor);
    }
    return parts;
}

std::vector<at::Tensor> uploadTogether(const std::vector<at::Tensor>& host, at::Device device) {
    if (device.is_cpu()) return host;
    const at::Tensor packed = packValues(host, device.is_cuda());
    return unpackValues(packed.to(device, at::kByte, /*non_blocking=*/true), host);
}

std::vector<at::Tensor> downloadTogether(const std::vector<at::Tensor>& tensors) {
    std::vector<at::Tensor> bytes, parts;
    for (const at::Tensor& tensor : tensors) {
        if (tensor.is_cpu()) return tensors;
        bytes.push_back(tensor.contiguous().view({-1}).view(at::kByte));
    }
    const at::Tensor packed = at::cat(bytes).to(at::kCPU);
    const auto* source = packed.const_data_ptr<std::uint8_t>();
    for (const at::Tensor& tensor : tensors) {
        parts.push_back(at::empty(tensor.sizes(), tensor.options().device(at::kCPU)));
        std::memcpy(parts.back().mutable_data_ptr(), source, tensor.nbytes());
        source += tensor.nbytes();
    }
    return parts;
}

}  // namespace skd
