#include "store/records.h"

#include "base/fields.h"

namespace skd {

template <>
inline constexpr auto kNames<RunStatus> = names<RunStatus>({
    {RunStatus::Queued, "queued"},
    {RunStatus::Running, "running"},
    {RunStatus::Interrupted, "interrupted"},
    {RunStatus::Completed, "completed"},
    {RunStatus::Cancelled, "cancelled"},
    {RunStatus::Failed, "failed"},
});

const char* runStatusName(RunStatus status) {
    return enumName(status);
}

std::optional<RunStatus> parseRunStatus(std::string_view name) {
    RunStatus status{};
    return parseEnum(name, status) ? std::optional(status) : std::nullopt;
}

}  // namespace skd
