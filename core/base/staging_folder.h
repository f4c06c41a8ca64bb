#pragma once

#include <filesystem>
#include <string>

#include "base/descriptor.h"
#include "base/result.h"

namespace skd {

/// What may lie where a folder is to be made.
struct StagingRules {
    std::string kind;  ///< "corpus", for messages
    bool replace = false;
    std::string option = "--replace";                        ///< what allows it
    bool (*isOurs)(const std::filesystem::path&) = nullptr;  ///< knows a folder of this kind
};

/// A folder that appears under its name only when complete: filled as NAME.partial, then renamed.
/// Destroyed without commit(), it leaves nothing; what a killed process left is cleared by the next
/// one. Two processes do not fill the same folder: the second gets Busy.
class StagingFolder {
public:
    /// InvalidInput when `target` exists and may not take its place: without `replace`, or when it
    /// is neither empty nor a folder that `isOurs` knows.
    static Result<StagingFolder> create(const std::filesystem::path& target,
                                        const StagingRules& rules);
    ~StagingFolder();
    StagingFolder(StagingFolder&&) noexcept = default;

    /// Where to write.
    [[nodiscard]] const std::filesystem::path& path() const { return m_partial; }
    /// Puts the folder in its place at once, and removes the one that was there.
    [[nodiscard]] Status commit();

private:
    StagingFolder() = default;
    std::filesystem::path m_target, m_partial;
    Descriptor m_lock;
};

}  // namespace skd
