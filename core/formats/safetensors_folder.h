#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/safetensors_file.h"

namespace skd {

/// The `model.safetensors.index.json` of a model stored in several files.
struct SafetensorsIndex {
    struct Mapped {
        std::string tensor;
        std::size_t shard = 0;  ///< index into `shards`
    };
    std::vector<std::string> shards;  ///< plain file names, in order of first mention
    std::vector<Mapped> weights;
    std::optional<std::uint64_t> totalSize;  ///< bytes of all tensors, when given as a whole number
};

/// Parses an index. Shards must be plain names that end in ".safetensors": no folders, no "..",
/// no control characters. A tensor mapped twice is refused.
Result<SafetensorsIndex> parseSafetensorsIndex(std::string_view json);

/// The weights of a Hugging Face model folder: `model.safetensors`, else the shards that
/// `model.safetensors.index.json` names, seen as one file.
class SafetensorsFolder {
public:
    /// Every mapped tensor must be in its shard and no tensor in two. Tensors that the index does
    /// not map, and a wrong total size, are logged as warnings. Files may be symbolic links within
    /// the folder or into the blobs of the Hugging Face cache the folder is a snapshot of.
    static Result<SafetensorsFolder> open(const std::filesystem::path& folder);

    /// One or more files, in the order of the index.
    [[nodiscard]] const std::vector<SafetensorsFile>& files() const { return m_files; }
    /// File by file, in the order of their data.
    [[nodiscard]] const std::vector<TensorView>& tensors() const { return m_table.tensors(); }
    [[nodiscard]] const TensorView* find(std::string_view name) const { return m_table.find(name); }
    /// Of all files; where they disagree, the first one's.
    [[nodiscard]] const SafetensorsMetadata& metadata() const { return m_metadata; }
    /// Fails when one of the files was truncated since it was opened.
    [[nodiscard]] Status checkUnchanged() const;

private:
    SafetensorsFolder() = default;

    std::vector<SafetensorsFile> m_files;
    TensorTable m_table;
    SafetensorsMetadata m_metadata;
};

}  // namespace skd
