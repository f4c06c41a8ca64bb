#pragma once

#include "events/run_context.h"
#include "spec/model_ref.h"
#include "spec/task_spec.h"
#include "store/run_paths.h"

namespace skd {

/// Tasks that people publish, asked of one or several models.
struct PublishedTasksRequest {
    std::vector<std::string> models;  ///< the others are compared with the first, by document
    TaskSpec tasks;
    std::string samples;  ///< file that gets a JSON line per model, task and document; empty: none
};

/// {"tasks": [{"task", "file", "sha256", "documents", "examples", "models": [{"model",
/// "weights_sha256", "measures": {name: {"value", "standard_error"}}, "differences": {name:
/// {"mean", "half_width", "lost", "won", "p_value"}}}]}], "definition", "threads", "cancelled"};
/// differences are to the first model (resources/help/method.md, Tasks). `how` gives dtype, device
/// and threads; its path is not read. InvalidInput where no model or no task is named; nothing is
/// written when cancelled.
Result<Json> scorePublishedTasks(const ModelRef& how, const PublishedTasksRequest& request,
                                 const RunPaths& runs, const RunContext& context);

/// What the measures of tasks say, in a sentence for tables.
extern const char* const kTaskDefinition;

}  // namespace skd
