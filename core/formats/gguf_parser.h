#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "formats/gguf_metadata.h"
#include "formats/tensor_view.h"

namespace skd {

/// What a GGUF file holds; everything points into the bytes that were parsed.
struct GgufContents {
    std::uint32_t version = 3;
    std::uint64_t alignment = 32;
    GgufMetadata metadata;
    std::vector<TensorView> tensors;  ///< in the order of their data
};

/// Parses a whole GGUF file of version 2 or 3 held in memory (ggml docs/gguf.md); checks what the
/// reference reader (gguf.cpp) checks, and refuses: metadata and tensor list above 1 GiB, keys
/// that are not printable ASCII, bools other than 0 and 1, version 1, byte-swapped and split files.
/// Tensors of types that cannot be decoded are listed; removed and unknown types are refused.
Result<GgufContents> parseGguf(std::span<const std::byte> file);

}  // namespace skd
