#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
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
/// reference reader (gguf.cpp) checks, and refuses: metadata and tensor list above 256 MiB, keys
/// that are not printable ASCII, bools other than 0 and 1, version 1, byte-swapped files, bytes
/// behind the last tensor, and one part of several, which only GgufFile can put together.
/// Tensors of types that cannot be decoded are listed; removed and unknown types are refused.
Result<GgufContents> parseGguf(std::span<const std::byte> file);

/// A GGUF file, mapped into memory and checked; its metadata is copied by reading, tensors are
/// views into the mapping. Of a model in parts, NAME-00001-of-00003.gguf, all parts seen as one
/// file, with the metadata of the first. Shapes are in PyTorch's order, that is, the reverse of the
/// file's.
class GgufFile {
public:
    /// Opens and checks `path`, of several parts the first; errors begin with its file name.
    static Result<GgufFile> open(const std::filesystem::path& path);

    [[nodiscard]] const std::filesystem::path& path() const { return m_parts.front()->path(); }
    /// One or more, in the order of their parts.
    [[nodiscard]] std::vector<std::filesystem::path> files() const;
    [[nodiscard]] const GgufMetadata& metadata() const { return m_metadata; }
    /// `general.architecture`: "llama", "qwen3", ...
    [[nodiscard]] Result<std::string_view> architecture() const {
        return m_metadata.string("general.architecture");
    }
    /// In the order of their data.
    [[nodiscard]] const std::vector<TensorView>& tensors() const { return m_table.tensors(); }
    [[nodiscard]] const TensorView* find(std::string_view name) const { return m_table.find(name); }
    /// Fails when a file was truncated since it was opened; ask before reading tensor bytes.
    [[nodiscard]] Status checkUnchanged() const;

private:
    GgufFile() = default;

    std::vector<std::shared_ptr<const MappedFile>> m_parts;  ///< one or more
    std::shared_ptr<const std::string> m_head;               ///< what the metadata points into
    GgufMetadata m_metadata;
    TensorTable m_table;
};

}  // namespace skd
