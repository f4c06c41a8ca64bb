#pragma once

#include <vector>

#include "base/fields.h"

namespace skd {

/// What is timed once a run's model is final: the model it started from and its own, in turns.
struct InferenceSpec {
    std::vector<std::int64_t> batches;
    std::int64_t prompt = 128, generate = 32;
    std::int64_t profileBatch = 0, profileLength = 512;
    std::int64_t rounds = 5;

    bool operator==(const InferenceSpec&) const = default;

    [[nodiscard]] bool isEmpty() const { return batches.empty() && profileBatch == 0; }

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("batches", self.batches,
                      {"sequences at once at which time to first token, time per token and memory "
                       "are measured, e.g. [1, 16, 64]; an empty list measures none",
                       "sequences", 1, 65536, true});
        visitor.field("prompt", self.prompt,
                      {"tokens read per sequence", "tokens", 1, 1048576, true});
        visitor.field("generate", self.generate,
                      {"tokens generated per sequence", "tokens", 2, 1000000, true});
        visitor.field("profile_batch", self.profileBatch,
                      {"texts of a forward pass whose time is broken down by part of the decoder; "
                       "0 profiles none",
                       "texts", 0, 65536, true});
        visitor.field("profile_length", self.profileLength,
                      {"tokens of such a text", "tokens", 1, 1048576, true});
        visitor.field("rounds", self.rounds,
                      {"timed rounds, in which the two models take turns, after one to warm up",
                       "rounds", 1, 1000, true});
    }
};

}  // namespace skd
