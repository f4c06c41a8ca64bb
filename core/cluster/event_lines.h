#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "events/event.h"

/// A run's events as lines of JSON, by which whoever watches follows it from elsewhere.
namespace skd {

/// The event's line, without its end; "" for events that are not passed on (analyses, previews,
/// tasks).
std::string eventLine(const Event& event, std::int64_t timeMs);
/// The event of a line, as one of `run`; nothing for a line that says something else, such as the
/// end of the run, which only its result proves.
std::optional<Event> readEventLine(std::string_view line, RunId run);

/// Appends lines to a file. One that cannot be written is left out; the first failure is logged.
class EventFile {
public:
    static Result<EventFile> open(const std::filesystem::path& path);
    void append(const std::string& line);

private:
    explicit EventFile(Descriptor file, std::filesystem::path path)
        : m_file(std::move(file)), m_path(std::move(path)) {}
    Descriptor m_file;
    std::filesystem::path m_path;
    bool m_failed = false;
};

/// Reads what is appended to a file from where it last was; half a line waits for the other half.
class EventTail {
public:
    EventTail(std::filesystem::path path, RunId run, std::uint64_t offset = 0)
        : m_path(std::move(path)), m_run(run), m_offset(offset) {}

    /// At most some thousand events at once.
    std::vector<Event> read();
    [[nodiscard]] std::uint64_t offset() const { return m_offset; }

private:
    std::filesystem::path m_path;
    RunId m_run;
    std::uint64_t m_offset;
};

}  // namespace skd
