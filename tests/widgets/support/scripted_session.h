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
    Result<RunId> start(const RunSpec& spec, const RunLabels& given) override {
        started.push_back(spec);
        labels.push_back(given);
        if (numbered) return RunId(nextRun++);
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
    [[nodiscard]] QueueChanged queue() const override { return waiting; }
    void reorderQueue(const std::vector<RunId>& order) override { waiting.runs = order; }
    Status leaveQueue(RunId run) override {
        std::erase(waiting.runs, run);
        return note("leave queue", run);
    }
    void holdQueue(bool held) override { waiting.held = held; }
    Result<std::int64_t> edit(const WorkspaceEdit& edit) override {
        edits.push_back(edit);
        if (const auto* e = std::get_if<RenameRun>(&edit))
            (void)note("rename to " + e->name, e->run);
        if (const auto* e = std::get_if<DeleteRun>(&edit)) (void)note("delete", e->run);
        if (const auto* e = std::get_if<RestoreRun>(&edit)) (void)note("restore", e->run);
        return static_cast<std::int64_t>(edits.size());
    }

    Result<std::int64_t> purge(const PurgePlan& plan) override {
        purged = plan;
        return plan.folderBytes;
    }

    std::uint64_t startTask(TaskRequest task) override {
        tasks.push_back(std::move(task));
        return tasks.size();
    }
    void cancelTask(std::uint64_t serial) override {
        calls.push_back("cancel task " + std::to_string(serial));
    }

    void say(const Event& event) {
        for (const auto& sink : m_sinks) sink->emit(event);
    }

    std::vector<RunSpec> started, opened;
    std::vector<RunLabels> labels;  ///< of `started`
    std::vector<PreviewRequest> previews;
    std::vector<std::string> calls;
    std::vector<WorkspaceEdit> edits;
    std::vector<TaskRequest> tasks;  ///< numbered from 1
    QueueChanged waiting;
    std::optional<PurgePlan> purged;
    std::int64_t nextRun = 100;
    bool numbered = false;  ///< each run started has the next number

private:
    Status note(const std::string& what, RunId run) {
        calls.push_back(what + " " + std::to_string(run.value()));
        return {};
    }
    std::vector<std::shared_ptr<EventSink>> m_sinks;
};

}  // namespace skd::test
