#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "formats/tensor_view.h"

namespace skd {

/// The `__metadata__` of a safetensors file.
using SafetensorsMetadata = std::map<std::string, std::string, std::less<>>;

/// What a safetensors file holds; the views point into the bytes that were parsed.
struct SafetensorsContents {
    std::vector<TensorView> tensors;  ///< in the order of their data
    SafetensorsMetadata metadata;
    std::size_t dataBegin = 0;  ///< bytes of the length field and the header
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

/// A safetensors file, mapped into memory and checked; its header is copied by reading, tensors are
/// views into the mapping. The metadata is without a seal.
class SafetensorsFile {
public:
    /// Opens and checks `path`; errors begin with its file name.
    static Result<SafetensorsFile> open(const std::filesystem::path& path);

    [[nodiscard]] const std::filesystem::path& path() const { return m_file->path(); }
    /// In the order of their data.
    [[nodiscard]] const std::vector<TensorView>& tensors() const { return m_table.tensors(); }
    [[nodiscard]] const TensorView* find(std::string_view name) const { return m_table.find(name); }
    [[nodiscard]] const SafetensorsMetadata& metadata() const { return m_metadata; }
    /// Fails when the file was truncated since it was opened; ask before reading tensor bytes.
    [[nodiscard]] Status checkUnchanged() const { return m_file->checkUnchanged(); }
    /// Of a sealed file (formats/safetensors_seal.h), whose header is proven, the digest of its
    /// data.
    [[nodiscard]] const std::optional<std::string>& dataDigest() const { return m_dataDigest; }

private:
    explicit SafetensorsFile(MappedFile file)
        : m_file(std::make_shared<const MappedFile>(std::move(file))) {}

    std::shared_ptr<const MappedFile> m_file;
    TensorTable m_table;
    SafetensorsMetadata m_metadata;
    std::optional<std::string> m_dataDigest;
};

}  // namespace skd
