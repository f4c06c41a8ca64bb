#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "formats/safetensors_header.h"
#include "formats/tensor_view.h"

namespace skd {

/// A safetensors file, mapped into memory and checked; tensors are views into the mapping.
class SafetensorsFile {
public:
    /// Opens and checks `path`; errors begin with its file name.
    static Result<SafetensorsFile> open(const std::filesystem::path& path);

    [[nodiscard]] const std::filesystem::path& path() const { return m_file.path(); }
    /// In the order of their data.
    [[nodiscard]] const std::vector<TensorView>& tensors() const { return m_table.tensors(); }
    [[nodiscard]] const TensorView* find(std::string_view name) const { return m_table.find(name); }
    [[nodiscard]] const SafetensorsMetadata& metadata() const { return m_metadata; }
    /// Fails when the file was truncated since it was opened; ask before reading tensor bytes.
    [[nodiscard]] Status checkUnchanged() const { return m_file.checkUnchanged(); }

private:
    explicit SafetensorsFile(MappedFile file) : m_file(std::move(file)) {}

    MappedFile m_file;
    TensorTable m_table;
    SafetensorsMetadata m_metadata;
};

}  // namespace skd
