#pragma once

#include <string>
#include <vector>

#include "base/fields.h"

namespace skd {

/// Tasks that people publish, asked of the models of a run or of the command line.
struct TaskSpec {
    std::vector<std::string> files;
    std::int64_t limit = 0;
    std::int64_t examples = 0;
    std::vector<std::string> exampleFiles;
    std::int64_t seed = 1234;

    bool operator==(const TaskSpec&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("files", self.files,
                      {.help = "tasks scored on the dense, the cut and the recovered model, each "
                               "as name=FILE (hellaswag=hellaswag_val.jsonl); resource:NAME is a "
                               "file that ships with the program",
                       .isLater = true});
        visitor.field(
            "limit", self.limit,
            {"first documents of each task that are used; 0 uses all", "documents", 0, 1e9, true});
        visitor.field(
            "examples", self.examples,
            {"answered examples before each document (few-shot)", "examples", 0, 1000, true});
        visitor.field("example_files", self.exampleFiles,
                      {.help = "files that a task's examples are drawn from, each as name=FILE",
                       .isLater = true});
        visitor.field("seed", self.seed,
                      {"fixes which examples are drawn; lm-evaluation-harness' own is 1234", "", 0,
                       9e15, true});
    }
};

}  // namespace skd
