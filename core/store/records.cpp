#include "store/records.h"

#include <array>

namespace skd {
namespace {

constexpr std::array kStatuses{RunStatus::Queued,    RunStatus::Running,   RunStatus::Interrupted,
                               RunStatus::Completed, RunStatus::Cancelled, RunStatus::Failed};

}  // namespace

const char* runStatusName(RunStatus status) {
    switch (status) {
        case RunStatus::Queued:
            return "queued";
        case RunStatus::Running:
            return "running";
        case RunStatus::Interrupted:
            return "interrupted";
        case RunStatus::Completed:
            return "completed";
        case RunStatus::Cancelled:
            return "cancelled";
        case RunStatus::Failed:
            return "failed";
    }
    return "?";
}

std::optional<RunStatus> parseRunStatus(std::string_view name) {
    for (const RunStatus status : kStatuses)
        if (name == runStatusName(status)) return status;
    return std::nullopt;
}

}  // namespace skd
