#include "model/parallel/process_place.h"

#include <charconv>
#include <cstdlib>
#include <limits>

#include "base/text.h"

namespace skd {
namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

Result<int> number(const char* name, int lowest, int highest) {
    const std::string text = variable(name);
    int value = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (text.empty() || read.ec != std::errc() || read.ptr != end || value < lowest ||
        value > highest)
        return fail(
            ErrorCode::InvalidInput,
            strCat("the environment variable ", name, " is \"", text,
                   "\"; beside WORLD_SIZE it must be a number from ", lowest, " to ", highest,
                   ". Start the processes with torchrun, or unset WORLD_SIZE for "
                   "a run of one process"));
    return value;
}

}  // namespace

Result<std::optional<ProcessPlace>> ProcessPlace::fromEnvironment() {
    constexpr int kMost = 65536;
    ProcessPlace place;
    if (variable("WORLD_SIZE").empty()) return std::optional<ProcessPlace>();
    SKD_TRY(place.size, number("WORLD_SIZE", 1, kMost));
    if (place.size == 1) return std::optional<ProcessPlace>();
    SKD_TRY(place.rank, number("RANK", 0, place.size - 1));
    if (!variable("LOCAL_RANK").empty()) {
        SKD_TRY(place.localRank, number("LOCAL_RANK", 0, place.size - 1));
    }
    SKD_TRY(const int port, number("MASTER_PORT", 1, std::numeric_limits<std::uint16_t>::max()));
    place.port = static_cast<std::uint16_t>(port);
    place.host = variable("MASTER_ADDR");
    if (place.host.empty())
        return fail(ErrorCode::InvalidInput,
                    "the environment variable MASTER_ADDR is not set; beside WORLD_SIZE it names "
                    "the machine of rank 0. Start the processes with torchrun");
    place.isServed = variable("TORCHELASTIC_USE_AGENT_STORE") == "True";
    if (!variable("TORCHELASTIC_RESTART_COUNT").empty()) {
        SKD_TRY(place.attempt, number("TORCHELASTIC_RESTART_COUNT", 0, kMost));
    }
    return std::optional(place);
}

std::string visibleDevice(const std::string& visible, int localRank) {
    if (visible.empty()) return std::to_string(localRank);
    std::size_t begin = 0;
    for (int i = 0; i < localRank; ++i) {
        const std::size_t comma = visible.find(',', begin);
        if (comma == std::string::npos) return visible;
        begin = comma + 1;
    }
    return visible.substr(begin, visible.find(',', begin) - begin);
}

}  // namespace skd
