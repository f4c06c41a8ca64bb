#pragma once

#include <optional>

#include "base/json.h"

namespace skd {

/// Figures a run has already measured, kept beside its checkpoints so that resuming does not repeat
/// them: an object per stage name. Written atomically after every stage.
class RunState {
public:
    /// Reads `folder`/state.json where it is intact; else starts empty.
    explicit RunState(std::filesystem::path folder);
    [[nodiscard]] std::optional<Json> find(const std::string& stage) const;
    Status put(const std::string& stage, Json result);

private:
    std::filesystem::path m_folder;
    Json m_stages = Json::object();
};

}  // namespace skd
