#pragma once

#include <span>

#include "base/result.h"
#include "events/run_context.h"
#include "model/decoder.h"
#include "results/profile_report.h"

namespace skd {

struct ProfileOptions {
    std::int64_t batch = 64, length = 512;
    std::int64_t rounds = 5, warmUps = 1;
};

/// The forward pass that is profiled: ids [batch, length] to the logits of every position, in
/// chunks.
void profiledForward(const Decoder& model, const at::Tensor& ids);

/// Profiles forward passes of models that share a device, interleaved (every round runs each model
/// once, in order), on random token ids. When cancelled, what the finished rounds give; without one
/// there are no models. InvalidInput when the text is longer than a model reads.
Result<ProfileReport> measureProfile(std::span<const Decoder* const> models,
                                     const ProfileOptions& options, const RunContext& context);

}  // namespace skd
