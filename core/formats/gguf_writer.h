#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "formats/gguf_metadata.h"
#include "formats/tensor_view.h"

namespace skd {

/// A metadata value to write; the alternative decides the GGUF type.
using GgufFieldValue =
    std::variant<bool, std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t,
                 std::int32_t, std::uint64_t, std::int64_t, float, double, std::string,
                 std::vector<std::string>, std::vector<float>, std::vector<std::int32_t>,
                 std::vector<std::uint32_t>, std::vector<std::int64_t>, std::vector<bool>>;

struct GgufField {
    std::string key;
    GgufFieldValue value;
};

/// Writes a GGUF file of version 3 with the fields and tensors in the order given; it appears under
/// `path` only when complete. A u32 field `general.alignment` is obeyed, else 32. Refuses
/// safetensors types, empty or repeated keys and names, names above 63 bytes, more than four
/// dimensions, and bytes that do not match type and shape.
Status writeGguf(const std::filesystem::path& path, std::span<const GgufField> metadata,
                 std::span<const TensorOut> tensors);

/// The entries whose key begins with `prefix`, as they can be written again. Corrupt for a value of
/// no known type.
Result<std::vector<GgufField>> copyFields(const GgufMetadata& metadata, std::string_view prefix);

}  // namespace skd
