#pragma once

#include "base/overloaded.h"
#include "base/text.h"
#include "events/event.h"

namespace skd {

/// Between a task and everyone else: its stages and progress become the task's own, since they
/// belong to no run; tokens and log lines pass.
class TaskSink final : public EventSink {
public:
    TaskSink(EventSink& out, std::uint64_t serial) : m_out(out), m_serial(serial) {}

    void emit(Event event) override {
        std::visit(
            Overloaded{
                [this](const StageStarted& e) {
                    say(e.detail.empty() ? stageName(e.stage) : e.detail, -1, -1);
                },
                [this](const Progress& e) {
                    say(strCat(groupDigits(e.done), " / ", groupDigits(e.total), " ", e.unit),
                        e.total > 0 ? static_cast<double>(e.done) / static_cast<double>(e.total)
                                    : -1,
                        e.secondsLeft);
                },
                [this](TokensGenerated& e) { m_out.emit(std::move(e)); },
                [this](LogLine& e) { m_out.emit(std::move(e)); }, [](const auto&) {}},
            event);
    }

private:
    void say(const std::string& detail, double share, double secondsLeft) {
        m_out.emit(TaskProgress{m_serial, detail, share, secondsLeft});
    }

    EventSink& m_out;
    std::uint64_t m_serial;
};

}  // namespace skd
