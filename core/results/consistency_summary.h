#pragma once

#include "base/record.h"

/// Two models that have answered the same prompts several times each. Plain results: no tensors.
namespace skd {

/// How consistent a model's answers are, a value for every prompt.
struct ConsistencyFigures {
    std::vector<double> distinct;    ///< different answers / answers
    std::vector<double> similarity;  ///< mean over pairs of answers, 0 to 1
    std::vector<double> common;      ///< share of the most frequent answer
    Json document = {};
    bool operator==(const ConsistencyFigures&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("distinct_share", self.distinct, {});
        visitor.field("mean_similarity", self.similarity, {});
        visitor.field("common_share", self.common, {});
    }
};

struct ConsistencySummary {
    std::int64_t answers = 0, tokens = 0;  ///< to each prompt; of an answer at most
    double temperature = 0;
    bool chat = false;  ///< asked through the model's chat template
    ConsistencyFigures dense, final;
    Json document = {};
    bool operator==(const ConsistencySummary&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("answers", self.answers, {});
        visitor.field("tokens", self.tokens, {});
        visitor.field("temperature", self.temperature, {});
        visitor.field("chat", self.chat, {});
        visitor.field("dense", self.dense, {});
        visitor.field("final", self.final, {});
    }
};

/// A mean over prompts with half of its 95 % interval, NaN below two prompts.
struct PromptMean {
    double mean = 0, halfWidth = 0;
};
/// Prompts are the sample: Student's t of n - 1 degrees of freedom. NaN of no values.
PromptMean meanOverPrompts(const std::vector<double>& values);
/// Of `after` - `before`, prompt by prompt; NaN where their numbers differ.
PromptMean differenceOverPrompts(const std::vector<double>& before,
                                 const std::vector<double>& after);

}  // namespace skd
