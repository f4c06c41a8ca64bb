#pragma once

#include <filesystem>

#include "base/result.h"

namespace skd {

/// A folder that appears under its name only when complete: filled as NAME.partial, then renamed.
/// Destroyed without commit(), it leaves nothing; what a killed process left is cleared by the next
/// one. Two processes do not fill the same folder: the second gets Busy.
class StagingFolder {
public:
    /// InvalidInput when `target` exists and may not take its place: without `replace`, or when it
    /// is neither empty nor a folder that `isOurs` knows.
    static Result<StagingFolder> create(const std::filesystem::path& target, bool replace,
                                        bool (*isOurs)(const std::filesystem::path&));
    ~StagingFolder();
    StagingFolder(StagingFolder&& other) noexcept;
    StagingFolder& operator=(StagingFolder&&) = delete;

    /// Where to write.
    [[nodiscard]] const std::filesystem::path& path() const { return m_partial; }
    /// Puts the folder in its place at once, and removes the one that was there.
    [[nodiscard]] Status commit();

private:
    StagingFolder() = default;
    std::filesystem::path m_target, m_partial;
    int m_lock = -1;
};

}  // namespace skd
