#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"

/// What another worker needs to continue a run: its record and its folder, in a folder that both
/// reach.
namespace skd {

/// A file of a checkpoint, by its path below the run's folder.
struct CheckpointSource {
    std::string name;
    std::filesystem::path path;
};

/// Checkpoints of one run as others see them: files by their SHA-256 (`blobs/HASH`), so that what
/// has not changed is sent once, and `checkpoint-N.json` with the names and hashes of one
/// checkpoint, written last. The two newest are kept.
class CheckpointFiles {
public:
    explicit CheckpointFiles(std::filesystem::path folder) : m_folder(std::move(folder)) {}

    /// Sends a checkpoint; the number it got. Earlier ones stay as they were where that fails.
    Result<std::int64_t> send(const std::vector<CheckpointSource>& files);
    /// Makes the files of the newest checkpoint whose every byte is as it was sent, below `into`;
    /// its number, or 0 where there is none. Damaged ones are passed over with a warning.
    [[nodiscard]] Result<std::int64_t> fetch(const std::filesystem::path& into) const;
    /// The number of the newest one; 0 = none.
    [[nodiscard]] std::int64_t newest() const;
    /// Removes them all.
    void clear() const;

private:
    [[nodiscard]] std::filesystem::path blob(const std::string& sha256) const {
        return m_folder / "blobs" / sha256;
    }
    [[nodiscard]] std::filesystem::path list(std::int64_t number) const {
        return m_folder / ("checkpoint-" + std::to_string(number) + ".json");
    }
    [[nodiscard]] std::vector<std::int64_t> numbers() const;  ///< ascending
    Result<std::string> hashOf(const std::filesystem::path& file);
    Status sendFile(const CheckpointSource& file, Json& entries);
    Status fetchOne(std::int64_t number, const std::filesystem::path& into) const;
    void removeOld() const;

    std::filesystem::path m_folder;
    /// Hashes of files that were sent, by device, inode, size and time: files of ours are replaced,
    /// never changed.
    std::map<std::string, std::string> m_known;
};

}  // namespace skd
