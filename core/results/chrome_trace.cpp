#include <set>

#include "base/json.h"
#include "results/profile_report.h"

namespace skd {
namespace {

double microseconds(std::int64_t ns) {
    return static_cast<double>(ns) / 1000;
}

Json metadata(const char* what, std::size_t process, std::int64_t thread, const std::string& name) {
    return {
        {"ph", "M"}, {"name", what}, {"pid", process}, {"tid", thread}, {"args", {{"name", name}}}};
}

Json completeEvent(const ProfileRecord& record, std::size_t process) {
    Json event{{"ph", "X"},
               {"name", record.name},
               {"cat", record.scope    ? "module"
                       : record.kernel ? "kernel"
                                       : "operator"},
               {"pid", process},
               {"tid", record.thread},
               {"ts", microseconds(record.beginNs)},
               {"dur", microseconds(record.endNs - record.beginNs)}};
    event["args"] = {{"module", enumName(record.module)}, {"self_us", microseconds(record.selfNs)}};
    return event;
}

}  // namespace

std::string chromeTrace(const ProfileReport& report) {
    std::string text = "{\"displayTimeUnit\": \"ms\", \"traceEvents\": [";
    const char* separator = "\n";
    // Event by event: a long timeline as one document would need many times its text in memory.
    const auto add = [&](const Json& event) {
        text += separator + dumpJson(event);
        separator = ",\n";
    };
    for (std::size_t i = 0; i < report.models.size(); ++i) {
        const ModelProfile& model = report.models[i];
        add(metadata("process_name", i, 0, model.name));
        std::set<std::pair<std::int64_t, bool>> threads;
        for (const ProfileRecord& record : model.timeline)
            if (threads.emplace(record.thread, record.kernel).second)
                add(metadata("thread_name", i, record.thread,
                             std::string(record.kernel ? "stream " : "thread ") +
                                 std::to_string(record.thread)));
        for (const ProfileRecord& record : model.timeline) add(completeEvent(record, i));
    }
    return text + "\n]}\n";
}

}  // namespace skd
