#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

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

/// The spelling of PyTorch and config.json: "bfloat16".
const char* torchDtypeName(DType type);
/// The type of safetensors' spelling, exactly ("BF16", not "bf16").
std::optional<DType> dtypeFromName(std::string_view name);

/// Tensor types of a GGUF file, by ggml's numbers. Gaps are types that ggml removed.
enum class GgmlType : std::uint32_t {
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q4_1 = 3,
    Q5_0 = 6,
    Q5_1 = 7,
    Q8_0 = 8,
    Q8_1 = 9,
    Q2_K = 10,
    Q3_K = 11,
    Q4_K = 12,
    Q5_K = 13,
    Q6_K = 14,
    Q8_K = 15,
    IQ2_XXS = 16,
    IQ2_XS = 17,
    IQ3_XXS = 18,
    IQ1_S = 19,
    IQ4_NL = 20,
    IQ3_S = 21,
    IQ2_S = 22,
    IQ4_XS = 23,
    I8 = 24,
    I16 = 25,
    I32 = 26,
    I64 = 27,
    F64 = 28,
    IQ1_M = 29,
    BF16 = 30,
    TQ1_0 = 34,
    TQ2_0 = 35,
    MXFP4 = 39,
    NVFP4 = 40,
    Q1_0 = 41,
    Q2_0 = 42,
};

/// The type with ggml's number, or nothing when it is removed or unknown.
std::optional<GgmlType> ggmlTypeFromNumber(std::uint32_t number);
/// True for a number that ggml once used and then removed (Q4_2, Q4_0_4_4, ...).
bool isRemovedGgmlType(std::uint32_t number);

/// How a tensor's values are stored: an element type of safetensors or a block type of ggml.
using StorageType = std::variant<DType, GgmlType>;

/// The spelling of safetensors or ggml: "BF16", "Q4_K".
const char* storageTypeName(StorageType type);
/// `values` values are stored in `bytes` bytes: a block of ggml's, or the fewest values of an
/// element type that fill whole bytes (one but for F4 and F6).
struct StorageBlock {
    std::int64_t values = 1;
    std::int64_t bytes = 0;
};
StorageBlock storageBlock(StorageType type);

}  // namespace skd
