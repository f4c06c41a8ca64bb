#pragma once

#include "events/run_context.h"
#include "spec/run_spec.h"
#include "store/run_paths.h"

namespace skd {

class Team;

struct PipelineResult {
    Outcome outcome = Outcome::Completed;
    std::string reason;
    RunSummary summary;
};

/// dense perplexity -> corpus -> teacher cache -> analysis -> prune -> perplexity -> refine ->
/// perplexity -> distil -> perplexity. Stages whose results lie in the run's folder or in a cache
/// are not repeated, so calling it again with the same run continues where that ended. `onModel` is
/// called once hashes are known. The processes of `team` take part in some stages.
Result<PipelineResult> runPipeline(const RunSpec& spec, const RunPaths& paths,
                                   const RunContext& context,
                                   const std::function<Status(const Json& environment)>& onModel,
                                   Team* team = nullptr);

}  // namespace skd
