#include "store/run_folder.h"

#include <vector>

#include "base/text.h"

namespace skd {

namespace fs = std::filesystem;

fs::path RunFolder::pruned(std::size_t round) const {
    return m_folder / strCat("pruned-", round, ".safetensors");
}
fs::path RunFolder::recovered(std::size_t round) const {
    return m_folder / strCat("round-", round, ".safetensors");
}
fs::path RunFolder::checkpoints(std::size_t round) const {
    return m_folder / strCat("checkpoints-", round);
}

void RunFolder::dropTrainingStates(std::size_t round) const {
    std::error_code ignored;
    std::vector<fs::path> states;
    for (const auto& entry : fs::directory_iterator(checkpoints(round), ignored))
        if (entry.path().filename().string().starts_with("step-")) states.push_back(entry.path());
    for (const fs::path& path : states) fs::remove_all(path, ignored);
}

void RunFolder::tidy(bool keepRounds, bool keepModel) const {
    std::error_code ignored;
    std::vector<fs::path> unneeded;
    for (const auto& entry : fs::directory_iterator(m_folder, ignored)) {
        const std::string name = entry.path().filename().string();
        if (!keepRounds && (name.starts_with("round-") || name.starts_with("pruned-") ||
                            name.starts_with("checkpoints-")))
            unneeded.push_back(entry.path());
    }
    if (!keepModel) unneeded.push_back(final());
    for (const fs::path& path : unneeded) fs::remove_all(path, ignored);
}

}  // namespace skd
