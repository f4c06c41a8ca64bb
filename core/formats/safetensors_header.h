#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "formats/tensor_view.h"

namespace skd {

/// The `__metadata__` of a safetensors file.
using SafetensorsMetadata = std::map<std::string, std::string, std::less<>>;

/// What a safetensors file holds; the views point into the bytes that were parsed.
struct SafetensorsContents {
    std::vector<TensorView> tensors;  ///< in the order of their data
    SafetensorsMetadata metadata;
};

/// Largest header the reference implementation reads.
constexpr std::uint64_t kMaxSafetensorsHeader = 100'000'000;
/// Ours: a header of the largest size could name four times as many and take a gigabyte here.
constexpr std::size_t kMaxSafetensorsTensors = 300'000;
constexpr std::size_t kMaxSafetensorsName = 4096;

/// Parses a whole safetensors file held in memory. Makes every check of the reference parser
/// (safetensors/src/tensor.rs) and refuses duplicate keys, unknown fields, names with control
/// characters and more than kMaxTensorDimensions dimensions. Values are not looked at.
Result<SafetensorsContents> parseSafetensors(std::span<const std::byte> file);

}  // namespace skd
