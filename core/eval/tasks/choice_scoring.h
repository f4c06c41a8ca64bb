#pragma once

#include "eval/tasks/choice_tokens.h"
#include "model/decoder.h"

namespace skd {

/// What a model says of a continuation.
struct ChoiceScore {
    double logLikelihood = 0;  ///< nats, over its tokens
    bool greedy = true;        ///< each token is the most probable one
    bool operator==(const ChoiceScore&) const = default;
};

/// Scores of the choices of one document. What their inputs begin with alike is read once, and its
/// keys and values are the start of them all; log-softmax in f32, sums in f64; no gradient. Not
/// finite where logits are not.
std::vector<ChoiceScore> scoreChoices(const Decoder& model,
                                      const std::vector<ChoiceTokens>& choices);

/// The same of one choice, read whole without a cache: what scoreChoices has to give.
ChoiceScore scoreWhole(const Decoder& model, const ChoiceTokens& choice);

}  // namespace skd
