#pragma once

#include "base/text.h"
#include "events/event.h"

namespace skd {

/// Between a task and everyone else: its stages and progress become the task's own, since they
/// belong to no run; tokens and log lines pass.
class TaskSink final : public EventSink {
public:
    TaskSink(EventSink& out, std::uint64_t serial) : m_out(out), m_serial(serial) {}

    void emit(Event event) override {
        if (const auto* stage = std::get_if<StageStarted>(&event)) {
            m_out.emit(TaskProgress{
                m_serial, stage->detail.empty() ? stageName(stage->stage) : stage->detail, -1, -1});
        } else if (const auto* progress = std::get_if<Progress>(&event)) {
            const double share = progress->total > 0 ? static_cast<double>(progress->done) /
                                                           static_cast<double>(progress->total)
                                                     : -1;
            m_out.emit(TaskProgress{m_serial,
                                    strCat(groupDigits(progress->done), " / ",
                                           groupDigits(progress->total), " ", progress->unit),
                                    share, progress->secondsLeft});
        } else if (std::holds_alternative<TokensGenerated>(event) ||
                   std::holds_alternative<LogLine>(event)) {
            m_out.emit(std::move(event));
        }
    }

private:
    EventSink& m_out;
    std::uint64_t m_serial;
};

}  // namespace skd
