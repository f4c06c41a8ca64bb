#pragma once

#include <span>

#include "base/json.h"
#include "base/units.h"
#include "events/run_context.h"
#include "model/generation.h"
#include "results/consistency_summary.h"

namespace skd {

struct ConsistencyOptions {
    std::int64_t answers = 8;
    std::int64_t tokens = 32;  ///< at most, per answer
    SamplingOptions sampling{.temperature = 0.8};
    std::uint64_t seed = 42;    ///< answer i draws from its own stream of it
    std::vector<TokenId> stop;  ///< an answer ends before one of these
};

/// The same prompt answered several times (resources/help/method.md, Perplexity).
struct ConsistencyReport {
    std::vector<std::vector<TokenId>> answers;
    std::int64_t distinct = 0;  ///< different answers among them, token by token
    double similarity = 1;      ///< mean editSimilarity over all pairs; 1 for one answer
    double commonShare = 1;     ///< share of the most frequent answer
    bool cancelled = false;

    [[nodiscard]] Json toJson() const;
};

/// 1 - Levenshtein distance / length of the longer one, over tokens; 1 for two empty answers.
double editSimilarity(std::span<const TokenId> a, std::span<const TokenId> b);
/// Figures of a set of answers.
ConsistencyReport summarise(std::vector<std::vector<TokenId>> answers);

/// Reads the prompt once and continues from it `answers` times. The same seed gives the same
/// answers. InvalidInput for an empty prompt or a token that the model does not know.
Result<ConsistencyReport> measureConsistency(const Decoder& model,
                                             const std::vector<TokenId>& prompt,
                                             const ConsistencyOptions& options,
                                             const RunContext& context);

/// The same of several prompts, a report each; prompt i draws from seed + i. Nothing when
/// cancelled.
Result<std::optional<std::vector<ConsistencyReport>>> measureConsistencies(
    const Decoder& model, const std::vector<std::vector<TokenId>>& prompts,
    const ConsistencyOptions& options, const RunContext& context);
/// Their figures, prompt by prompt.
ConsistencyFigures consistencyFigures(const std::vector<ConsistencyReport>& reports);

}  // namespace skd
