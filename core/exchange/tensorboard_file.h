#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/records.h"

namespace skd {

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4).
std::uint32_t crc32c(std::string_view bytes);
/// As TFRecord files keep it: rotated right by 15 bits, plus a constant.
std::uint32_t maskedCrc32c(std::string_view bytes);

/// The scalars of one run as a TensorBoard event file: TFRecord framing (u64 length, its masked
/// CRC, data, its masked CRC) around Event messages. Values are f32 there.
std::string tensorboardFile(std::span<const MetricRow> rows, std::int64_t createdMs);

/// What an event file gives.
struct ScalarFile {
    std::vector<MetricRow> rows;
    std::string damage;  ///< where and why reading ended early; "" = it did not
};
/// The scalars of an event file, older `simple_value` and newer `tensor` ones, as doubles of f32. A
/// record that was cut off at the end is skipped, and reading ends at a damaged one (wrong CRC or
/// message), as TensorBoard does. An error only where the file cannot be read at all.
Result<ScalarFile> readTensorboardFile(const std::filesystem::path& path);

/// True for the names that TensorBoard looks for ("events.out.tfevents.*").
bool isTensorboardName(std::string_view fileName);

}  // namespace skd
