#pragma once

#include "requests/benchmark_tool.h"
#include "requests/export/export_tool.h"
#include "requests/generate_tool.h"
#include "requests/profile_tool.h"
#include "requests/tasks_tool.h"
#include "requests/tools.h"
#include "store/records.h"

/// What a user asks of models outside a run, answered by the engine between runs.
namespace skd {

/// Of several models that the request names, `model` gives dtype, device and threads; its path is
/// not read then.
template <class Request>
struct ModelTask {
    ModelRef model;
    Request request;
};
using ProfileTask = ModelTask<ProfileRequest>;
using BenchmarkTask = ModelTask<BenchmarkRequest>;
using GenerateTask = ModelTask<GenerateRequest>;
using ConsistencyTask = ModelTask<ConsistencyRequest>;
using PublishedTasksTask = ModelTask<PublishedTasksRequest>;
struct ExportTask {
    ExportRequest request;
};

using TaskRequest = std::variant<ProfileTask, BenchmarkTask, GenerateTask, ConsistencyTask,
                                 ExportTask, PublishedTasksTask>;

/// "profile", "benchmark", "generate", "consistency", "export", "tasks".
const char* taskKind(const TaskRequest& task);
/// "profile SmolLM2-135M, run:3": one line for lists.
std::string taskTitle(const TaskRequest& task);
/// Profiles and benchmarks are kept in the workspace when they are done.
bool isMeasurement(const TaskRequest& task);

/// A measurement as the workspace keeps it, made now.
MeasurementRow measurementOf(const TaskRequest& task, Json result);

/// The answer as JSON: a profile with its timelines (readProfile reads it), benchmarkJson, what
/// generateText, modelConsistency, exportModel and scorePublishedTasks say; null when an export was
/// cancelled.
Result<Json> runTask(const TaskRequest& task, const RunPaths& runs, const RunContext& context);

}  // namespace skd
