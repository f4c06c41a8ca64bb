#include <algorithm>

#include "requests/task_sink.h"
#include "run/engine_session.h"

namespace skd {

std::uint64_t EngineSession::startTask(TaskRequest task) {
    const std::lock_guard lock(m_mutex);
    m_tasks.push_back({++m_lastTask, std::move(task)});
    m_wake.notify_all();
    return m_lastTask;
}

void EngineSession::cancelTask(std::uint64_t serial) {
    {
        const std::lock_guard lock(m_mutex);
        if (m_currentTask == serial) m_taskStop.request_stop();
        if (std::erase_if(m_tasks, [serial](const Task& task) { return task.serial == serial; }) ==
            0)
            return;
    }
    emit(TaskFinished{serial, {}, {}, true});
}

void EngineSession::cancelTasks() {
    const std::lock_guard lock(m_mutex);
    m_tasks.clear();
    m_taskStop.request_stop();
}

void EngineSession::taskJob(const Task& task) {
    emit(TaskStarted{task.serial, taskTitle(task.request)});
    std::stop_token stop;
    {
        const std::lock_guard lock(m_mutex);
        stop = m_taskStop.get_token();
    }
    TaskSink sink(*this, task.serial);
    RunContext taskContext = context(RunId(), 0, stop);
    taskContext.sink = &sink;
    Result<Json> result = runTask(task.request, m_paths, taskContext);
    if (!result) return emit(TaskFailed{task.serial, result.error()});
    TaskFinished finished{task.serial, std::move(*result), {}, stop.stop_requested()};
    if (isMeasurement(task.request) && !finished.cancelled) {
        const auto kept = m_writer->keepMeasurement(measurementOf(task.request, finished.result));
        if (!kept)
            return emit(TaskFailed{
                task.serial, kept.error().in("the measurement is done, but could not be kept")});
        finished.measurement = *kept;
    }
    emit(std::move(finished));
}

}  // namespace skd
