#include "store/records.h"

#include "base/fields.h"

namespace skd {

template <>
inline constexpr auto kNames<RunStatus> = names<RunStatus>({"queued", "running", "interrupted",
                                                            "completed", "cancelled", "failed"});

const char* runStatusName(RunStatus status) {
    return enumName(status);
}

std::optional<RunStatus> parseRunStatus(std::string_view name) {
    RunStatus status{};
    return parseEnum(name, status) ? std::optional(status) : std::nullopt;
}

}  // namespace skd
