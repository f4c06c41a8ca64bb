#include "model/files/tensor_encoding.h"

#include <ATen/Parallel.h>

#include <atomic>

#include "base/text.h"
#include "formats/float_codec.h"

namespace skd {
namespace {

constexpr double kLargestHalf = 65504;

Status checkRange(const at::Tensor& values, StorageType type) {
    if (values.numel() == 0) return {};
    if (!at::isfinite(values).all().item<bool>())
        return fail(ErrorCode::Numeric, "it holds values that are not finite");
    const bool half = type == StorageType(DType::F16) || type == StorageType(GgmlType::F16);
    const double largest = half ? values.abs().max().item<double>() : 0;
    if (largest > kLargestHalf)
        return fail(ErrorCode::Numeric, strCat("its value ", formatNumber(largest),
                                               " is too large for F16; choose bf16 or f32"));
    return {};
}

}  // namespace

Result<at::Tensor> encodeTensor(const at::Tensor& values, StorageType type) {
    const at::Tensor floats = values.detach().to(at::kCPU, at::kFloat).contiguous();
    SKD_CHECK(checkRange(floats, type));
    SKD_TRY(const std::uint64_t size, storedByteCount(type, floats.sizes()));
    const std::int64_t perBlock = storageBlock(type).values, blocks = floats.numel() / perBlock;
    at::Tensor bytes = at::empty({static_cast<std::int64_t>(size)}, at::kByte);
    if (blocks == 0) return bytes;
    const auto blockBytes = static_cast<std::int64_t>(size) / blocks;
    const auto part = [&](std::int64_t begin, std::int64_t end) {
        const std::span<const float> from(floats.const_data_ptr<float>() + begin * perBlock,
                                          static_cast<std::size_t>((end - begin) * perBlock));
        return encodeFloats(type, from,
                            {static_cast<std::byte*>(bytes.data_ptr()) + begin * blockBytes,
                             static_cast<std::size_t>((end - begin) * blockBytes)});
    };
    SKD_CHECK(part(0, 1));  // what the type refuses, it refuses here
    std::atomic<bool> fits = true;
    at::parallel_for(0, blocks, std::max<std::int64_t>(1, 32768 / perBlock),
                     [&](std::int64_t begin, std::int64_t end) {
                         if (!part(begin, end)) fits = false;
                     });
    if (!fits)
        return fail(ErrorCode::Numeric, strCat("it holds values too large for ",
                                               storageTypeName(type), "; choose bf16 or f32"));
    return bytes;
}

TensorOut encodedTensor(const std::string& name, StorageType type, std::vector<std::int64_t> shape,
                        std::function<Result<at::Tensor>()> values, at::Tensor& bytes) {
    TensorOut out{name, type, std::move(shape), {}};
    out.produce = [name, type, values = std::move(values),
                   &bytes]() -> Result<std::span<const std::byte>> {
        SKD_TRY(const at::Tensor tensor, values());
        SKD_TRY(bytes, located(encodeTensor(tensor, type), name));
        return bytesOf(bytes);
    };
    return out;
}

std::span<const std::byte> bytesOf(const at::Tensor& tensor) {
    return {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()};
}

}  // namespace skd
