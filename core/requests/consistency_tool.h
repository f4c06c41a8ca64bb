#pragma once

#include "requests/tools.h"

namespace skd {

/// Several prompts, each asked many times, of one model or of two.
struct PromptSetRequest {
    ConsistencyRequest sampling;       ///< how each is asked; its prompt and chat are not read
    std::vector<std::string> prompts;  ///< at least one
    bool chat = false;                 ///< put by the model's chat template, where it has one
    std::string against;               ///< a second model, the one before; empty: none
};

/// "figures": of distinct_share, mean_similarity and common_share the mean over prompts with half
/// of its 95 % interval ("model"; with `against` "against" and the "difference", paired by prompt);
/// "by_prompt". InvalidInput where there are no prompts.
Result<Json> promptSetConsistency(const ModelRef& model, const PromptSetRequest& request,
                                  const RunPaths& runs, const RunContext& context);

}  // namespace skd
