#pragma once

#include "events/run_context.h"
#include "results/profile_report.h"
#include "spec/model_ref.h"
#include "store/run_paths.h"

namespace skd {

struct OpenModel;

/// Several models, with dtype, device and threads as in `how`, whose path is not read.
Result<std::vector<OpenModel>> openAll(const ModelRef& how, const std::vector<std::string>& names,
                                       const RunPaths& runs);

/// Forward passes whose time is broken down.
struct ProfileRequest {
    std::vector<std::string> models;  ///< the first one is what the others are compared with
    std::int64_t batch = 64, length = 512;
    std::int64_t rounds = 5, warmUps = 1;
    std::string trace;  ///< file for a Chrome trace of each model's typical round; empty = none
};

/// Opens the models (dtype, device and threads as in `ref`, whose path is not read), profiles them
/// round by round in turn, and writes the trace.
Result<ProfileReport> profileModels(const ModelRef& ref, const ProfileRequest& request,
                                    const RunPaths& runs, const RunContext& context);

/// The report without timelines, with what can be worked out of it: per model "paper_buckets" and
/// per module "gflops_per_second".
Json describeProfile(const ProfileReport& report);

}  // namespace skd
