#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace skd {

/// Element types of a safetensors file. The order is the reference implementation's, from the
/// weakest alignment to the strongest: its writer stores tensors in descending order of it.
enum class DType : std::uint8_t {
    Bool,
    F4,
    F6E2M3,
    F6E3M2,
    U8,
    I8,
    F8E5M2,
    F8E4M3,
    F8E8M0,
    F8E4M3Fnuz,
    F8E5M2Fnuz,
    I16,
    U16,
    F16,
    BF16,
    I32,
    U32,
    F32,
    C64,
    F64,
    I64,
    U64,
};

/// Bits one value takes: 1 byte for Bool, less than a byte for F4 and F6.
int bitsPerValue(DType type);
/// The spelling of safetensors: "BF16".
const char* dtypeName(DType type);
/// The spelling of PyTorch and config.json: "bfloat16".
const char* torchDtypeName(DType type);
/// The type of safetensors' spelling, exactly ("BF16", not "bf16").
std::optional<DType> dtypeFromName(std::string_view name);
/// The type of PyTorch's spelling, with or without "torch." in front.
std::optional<DType> dtypeFromTorchName(std::string_view name);

}  // namespace skd
