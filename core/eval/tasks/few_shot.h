#pragma once

#include "eval/tasks/task_document.h"

namespace skd {

/// Documents with their answers in front of each question.
struct FewShotOptions {
    std::int64_t examples = 0;
    std::uint64_t seed = 1234;  ///< of the draw: lm-evaluation-harness' default
};

/// What stands before the question of each of the first `count` documents: MMLU's description, and
/// examples out of `pool` as lm-evaluation-harness 0.4 draws them: with one random.Random(seed) for
/// the whole task, of MMLU the first ones of the same subject. Where the harness draws one more and
/// leaves out the document itself, so does this. InvalidInput where the pool has too few, and, by
/// line, where an example has no answer.
Result<std::vector<std::string>> fewShotTexts(const TaskDocuments& task, std::size_t count,
                                              const TaskDocuments& pool,
                                              const FewShotOptions& options);

}  // namespace skd
