#include "run/run_state.h"

#include "base/files.h"
#include "base/log.h"

namespace skd {

RunState::RunState(std::filesystem::path folder) : m_folder(std::move(folder)) {
    std::error_code ignored;
    if (!std::filesystem::exists(m_folder / "state.json", ignored)) return;
    const auto text = readFile(m_folder / "state.json", 64 << 20);
    if (!text) return;
    auto json = parseJson(*text);
    if (json && json->is_object())
        m_stages = std::move(*json);
    else
        log::warning((m_folder / "state.json").string() +
                     " is damaged; its figures are measured again");
}

std::optional<Json> RunState::find(const std::string& stage) const {
    const auto found = m_stages.find(stage);
    return found == m_stages.end() ? std::nullopt : std::optional<Json>(*found);
}

Status RunState::put(const std::string& stage, Json result) {
    m_stages[stage] = std::move(result);
    SKD_CHECK(createFolders(m_folder));
    return writeFileAtomically(m_folder / "state.json", dumpJson(m_stages, 1));
}

}  // namespace skd
