#include "requests/task.h"

#include "base/clock.h"
#include "base/overloaded.h"
#include "base/text.h"
#include "store/measurement_codec.h"

namespace skd {
namespace {

std::string subject(const TaskRequest& task) {
    return std::visit(Overloaded{[](const ExportTask& t) {
                                     return strCat(t.request.model.path, " as ",
                                                   enumName(t.request.format));
                                 },
                                 [](const auto& t) {
                                     if constexpr (requires { t.request.models; })
                                         return joined(t.request.models);
                                     else
                                         return t.model.path;
                                 }},
                      task);
}

}  // namespace

const char* taskKind(const TaskRequest& task) {
    static constexpr std::array kinds{"profile",     "benchmark", "generate",
                                      "consistency", "export",    "tasks"};
    static_assert(kinds.size() == std::variant_size_v<TaskRequest>);
    return kinds[task.index()];
}

std::string taskTitle(const TaskRequest& task) {
    return strCat(taskKind(task), " ", subject(task));
}

bool isMeasurement(const TaskRequest& task) {
    return std::holds_alternative<ProfileTask>(task) || std::holds_alternative<BenchmarkTask>(task);
}

MeasurementRow measurementOf(const TaskRequest& task, Json result) {
    return {{}, taskKind(task), taskTitle(task), nowMs(), std::move(result)};
}

Result<Json> runTask(const TaskRequest& task, const RunPaths& runs, const RunContext& context) {
    return std::visit(
        Overloaded{
            [&](const ProfileTask& t) -> Result<Json> {
                SKD_TRY(const ProfileReport report,
                        profileModels(t.model, t.request, runs, context));
                return profileJson(report, ProfileDetail::Timeline);
            },
            [&](const BenchmarkTask& t) -> Result<Json> {
                SKD_TRY(const BenchmarkReport report,
                        benchmarkModels(t.model, t.request, runs, context));
                return benchmarkJson(report);
            },
            [&](const GenerateTask& t) { return generateText(t.model, t.request, runs, context); },
            [&](const ConsistencyTask& t) {
                return modelConsistency(t.model, t.request, runs, context);
            },
            [&](const ExportTask& t) -> Result<Json> {
                SKD_TRY(const std::optional<Json> written, exportModel(t.request, context));
                return written.value_or(Json());
            },
            [&](const PublishedTasksTask& t) {
                return scorePublishedTasks(t.model, t.request, runs, context);
            }},
        task);
}

}  // namespace skd
