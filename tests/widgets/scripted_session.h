#pragma once

#include <algorithm>
#include <mutex>
#include <vector>

#include "run/session.h"

namespace skd::test {

/// Plays the engine: remembers what it is asked for and says what the test tells it to.
class ScriptedSession final : public Session {
public:
    void subscribe(std::shared_ptr<EventSink> sink) override { m_sinks.push_back(std::move(sink)); }
    void unsubscribe(const EventSink* sink) override {
        std::erase_if(m_sinks, [&](const auto& held) { return held.get() == sink; });
    }
    Result<RunId> start(const RunSpec& spec, const RunLabels&) override {
        started.push_back(spec);
        return RunId(nextRun);
    }
    Result<StudyId> openStudy(const std::string& name, const Json&, const std::string&) override {
        calls.push_back("study " + name);
        return StudyId(1);
    }
    Status resumeRun(RunId run) override { return note("resume", run); }
    void stop() override { calls.push_back("stop"); }
    void setPaused(bool paused) override { calls.push_back(paused ? "pause" : "go on"); }
    [[nodiscard]] bool busy() const override { return false; }
    void openModel(const RunSpec& spec) override { opened.push_back(spec); }
    void requestPreview(PreviewRequest request) override { previews.push_back(std::move(request)); }
    Status renameRun(RunId run, const std::string& name) override {
        return note("rename to " + name, run);
    }
    Status setRunNotes(RunId run, const std::string&) override { return note("notes", run); }
    Status deleteRun(RunId run) override { return note("delete", run); }
    Status restoreRun(RunId run) override { return note("restore", run); }

    void say(const Event& event) {
        for (const auto& sink : m_sinks) sink->emit(event);
    }

    std::vector<RunSpec> started, opened;
    std::vector<PreviewRequest> previews;
    std::vector<std::string> calls;
    std::int64_t nextRun = 100;

private:
    Status note(const std::string& what, RunId run) {
        calls.push_back(what + " " + std::to_string(run.value()));
        return {};
    }
    std::vector<std::shared_ptr<EventSink>> m_sinks;
};

}  // namespace skd::test
