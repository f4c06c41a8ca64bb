#include "cluster/event_lines.h"

#include <fcntl.h>

#include <cerrno>

#include "base/files.h"
#include "base/overloaded.h"
#include "base/record.h"
#include "base/text.h"

namespace skd {
namespace {

constexpr std::size_t kMostAtOnce = 1 << 20;

Json pointsJson(const std::vector<MetricPoint>& points) {
    Json list = Json::array();
    for (const MetricPoint& point : points)
        list.push_back({point.name, point.step, numberJson(point.value)});
    return list;
}

Json bodyOf(const Event& event) {
    return std::visit(
        Overloaded{
            [](const RunStarted& e) -> Json {
                return {{"kind", "started"}, {"again", e.resumed}};
            },
            [](const StageStarted& e) -> Json {
                return {{"kind", "stage"}, {"stage", stageName(e.stage)}, {"detail", e.detail}};
            },
            [](const Progress& e) -> Json {
                return {
                    {"kind", "progress"}, {"stage", stageName(e.stage)}, {"done", e.done},
                    {"total", e.total},   {"per_second", e.perSecond},   {"left", e.secondsLeft},
                    {"unit", e.unit}};
            },
            [](const MetricBatch& e) -> Json {
                return {{"kind", "metrics"}, {"points", pointsJson(e.points)}};
            },
            [](const StageFinished& e) -> Json {
                return {
                    {"kind", "stage-done"}, {"stage", stageName(e.stage)}, {"seconds", e.seconds}};
            },
            [](const RanksChosen& e) -> Json {
                Json list = Json::array();
                for (const auto& [matrix, rank] : e.ranks) list.push_back({matrix, rank});
                return {{"kind", "ranks"}, {"ranks", std::move(list)}};
            },
            [](const CheckpointSaved& e) -> Json {
                return {{"kind", "checkpoint"}, {"step", e.step}, {"best", e.best}};
            },
            [](const LogLine& e) -> Json {
                return {{"kind", "log"}, {"level", log::levelName(e.level)}, {"text", e.text}};
            },
            [](const RunFinished& e) -> Json {
                return {
                    {"kind", "finished"}, {"outcome", enumName(e.outcome)}, {"reason", e.reason}};
            },
            [](const RunFailed& e) -> Json {
                return {{"kind", "failed"}, {"reason", e.error.message}};
            },
            [](const auto&) { return Json(); }},
        event);
}

log::Level levelOf(const std::string& name) {
    for (const log::Level level : {log::Level::Debug, log::Level::Info, log::Level::Warning})
        if (name == log::levelName(level)) return level;
    return log::Level::Error;
}

std::vector<MetricPoint> pointsOf(const Json& list) {
    std::vector<MetricPoint> points;
    for (const Json& one : list) {
        if (!one.is_array() || one.size() != 3) continue;
        MetricPoint point{"", 0, std::nan("")};
        if (!readMember(one[0], point.name) || !readMember(one[1], point.step)) continue;
        readMember(one[2], point.value);
        points.push_back(std::move(point));
    }
    return points;
}

std::vector<std::pair<std::string, std::int64_t>> ranksOf(const Json& list) {
    std::vector<std::pair<std::string, std::int64_t>> ranks;
    for (const Json& one : list) {
        std::pair<std::string, std::int64_t> rank;
        if (one.is_array() && one.size() == 2 && readMember(one[0], rank.first) &&
            readMember(one[1], rank.second))
            ranks.push_back(std::move(rank));
    }
    return ranks;
}

std::optional<Event> stageEvent(const std::string& kind, const Json& json, RunId run) {
    Stage stage{};
    if (!parseEnum(valueOr(json, "stage", ""), stage)) return std::nullopt;
    if (kind == "stage") return StageStarted{run, stage, valueOr(json, "detail", "")};
    if (kind == "stage-done")
        return StageFinished{run, stage, valueOr(json, "seconds", 0.0), Json::object()};
    if (kind != "progress") return std::nullopt;
    return Progress{run,
                    stage,
                    valueOr(json, "done", std::int64_t{0}),
                    valueOr(json, "total", std::int64_t{0}),
                    valueOr(json, "per_second", 0.0),
                    valueOr(json, "left", -1.0),
                    valueOr(json, "unit", "")};
}

}  // namespace

std::string eventLine(const Event& event, std::int64_t timeMs) {
    Json json = bodyOf(event);
    if (json.is_null()) return "";
    json["ms"] = timeMs;
    return dumpJson(json);
}

std::optional<Event> readEventLine(std::string_view line, RunId run) {
    const auto json = parseJson(line);
    if (!json || !json->is_object()) return std::nullopt;
    const std::string kind = valueOr(*json, "kind", "");
    if (kind == "started") return RunStarted{run, "", {}, valueOr(*json, "again", false)};
    if (kind == "metrics") return MetricBatch{run, pointsOf(memberOf(*json, "points"))};
    if (kind == "ranks") return RanksChosen{run, ranksOf(memberOf(*json, "ranks"))};
    if (kind == "checkpoint")
        return CheckpointSaved{run, valueOr(*json, "step", std::int64_t{0}), "",
                               valueOr(*json, "best", false)};
    if (kind == "log")
        return LogLine{run, levelOf(valueOr(*json, "level", "")), valueOr(*json, "text", "")};
    return stageEvent(kind, *json, run);
}

Result<EventFile> EventFile::open(const std::filesystem::path& path) {
    Descriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!file.isOpen()) return fail(ioError("cannot open", path, errno));
    return EventFile(std::move(file), path);
}

void EventFile::append(const std::string& line) {
    if (line.empty()) return;
    const std::string whole = line + "\n";
    if (::write(m_file.number(), whole.data(), whole.size()) ==
        static_cast<ssize_t>(whole.size())) {
        m_failed = false;
        return;
    }
    // A part of a line may stand there now: the next one begins on a line of its own.
    const int error = errno;
    [[maybe_unused]] const auto closed = ::write(m_file.number(), "\n", 1);
    if (!m_failed) log::warning(ioError("cannot append to", m_path, error).message);
    m_failed = true;
}

std::vector<Event> EventTail::read() {
    std::vector<Event> events;
    const Descriptor file(::open(m_path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.isOpen()) return events;
    std::string bytes(kMostAtOnce, '\0');
    const ssize_t count =
        ::pread(file.number(), bytes.data(), bytes.size(), static_cast<off_t>(m_offset));
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    const std::size_t end = bytes.rfind('\n');
    if (end == std::string::npos) {
        if (bytes.size() == kMostAtOnce) m_offset += bytes.size();  // no line of ours is so long
        return events;
    }
    bytes.resize(end);
    m_offset += end + 1;
    for (const std::string_view line : splitLines(bytes))
        if (auto event = readEventLine(line, m_run)) events.push_back(std::move(*event));
    return events;
}

}  // namespace skd
