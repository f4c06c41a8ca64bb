#include "store/run_paths.h"

#include <vector>

namespace skd {

namespace fs = std::filesystem;
namespace {

/// Removes what lies in a folder under a name with one of these beginnings.
void removeEntries(const fs::path& folder, std::initializer_list<std::string_view> beginnings) {
    std::error_code ignored;
    std::vector<fs::path> unneeded;
    for (const auto& entry : fs::directory_iterator(folder, ignored))
        for (const std::string_view beginning : beginnings)
            if (entry.path().filename().string().starts_with(beginning))
                unneeded.push_back(entry.path());
    for (const fs::path& path : unneeded) fs::remove_all(path, ignored);
}

}  // namespace

void RunFolder::dropTrainingStates(std::size_t round) const {
    removeEntries(checkpoints(round), {"step-"});
    std::error_code ignored;
    fs::remove_all(blocks(round), ignored);
}

void RunFolder::tidy(bool keepRounds, bool keepModel) const {
    if (!keepRounds)
        removeEntries(m_folder, {"round-", "pruned-", "refined-", "checkpoints-", "blocks-"});
    std::error_code ignored;
    if (!keepModel) fs::remove_all(final(), ignored);
}

}  // namespace skd
