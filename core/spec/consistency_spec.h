#pragma once

#include <string>

#include "base/fields.h"

namespace skd {

/// The same prompts, asked many times of the model that a run started from and of its own.
struct ConsistencySpec {
    std::int64_t answers = 0;
    std::string prompts = "resource:text/consistency-prompts.txt";
    std::int64_t tokens = 32;
    double temperature = 0.8;

    bool operator==(const ConsistencySpec&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("answers", self.answers,
                      {"how often each prompt is asked of the starting and of the final model, to "
                       "see how far their answers differ; 0 asks none",
                       "answers", 0, 1024, true});
        visitor.field("prompts", self.prompts,
                      {.help = "text file with a prompt on each line; resource:NAME is one that "
                               "ships with the program",
                       .isLater = true});
        visitor.field("tokens", self.tokens, {"longest answer", "tokens", 1, 4096, true});
        visitor.field("temperature", self.temperature,
                      {"at which answers are drawn; 0 always takes the most probable token", "", 0,
                       100, true});
    }
};

}  // namespace skd
