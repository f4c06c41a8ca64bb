#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "formats/gguf_parser.h"
#include "formats/tensor_view.h"

namespace skd {

/// A GGUF file, mapped into memory and checked; metadata and tensors are views into the mapping.
/// Shapes are in PyTorch's order, that is, the reverse of the file's.
class GgufFile {
public:
    /// Opens and checks `path`; errors begin with its file name.
    static Result<GgufFile> open(const std::filesystem::path& path);

    [[nodiscard]] const std::filesystem::path& path() const { return m_file.path(); }
    [[nodiscard]] const GgufMetadata& metadata() const { return m_metadata; }
    /// `general.architecture`: "llama", "qwen3", ...
    [[nodiscard]] Result<std::string_view> architecture() const;
    /// In the order of their data.
    [[nodiscard]] const std::vector<TensorView>& tensors() const { return m_table.tensors(); }
    [[nodiscard]] const TensorView* find(std::string_view name) const { return m_table.find(name); }
    [[nodiscard]] std::uint32_t version() const { return m_version; }
    /// Fails when the file was truncated since it was opened; ask before reading tensor bytes.
    [[nodiscard]] Status checkUnchanged() const { return m_file.checkUnchanged(); }

private:
    explicit GgufFile(MappedFile file) : m_file(std::move(file)) {}

    MappedFile m_file;
    GgufMetadata m_metadata;
    TensorTable m_table;
    std::uint32_t m_version = 0;
};

}  // namespace skd
