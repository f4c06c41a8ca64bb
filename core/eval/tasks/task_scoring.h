#pragma once

#include <functional>
#include <optional>

#include "eval/tasks/choice_scoring.h"
#include "eval/tasks/few_shot.h"
#include "events/run_context.h"
#include "results/task_scores.h"
#include "spec/task_spec.h"

namespace skd {

/// A task as it is asked: its documents and what stands before each.
struct PreparedTask {
    TaskDocuments task;
    std::size_t count = 0;              ///< the first documents of `task`, which are asked
    std::vector<std::string> prefixes;  ///< of each of them

    /// Name, file and numbers; no models.
    [[nodiscard]] TaskScores scores(std::int64_t examples) const;
};

/// Reads the tasks of a spec. InvalidInput where examples are asked for and a task has no file that
/// they are drawn from; LAMBADA draws from its own documents, as the harness does.
Result<std::vector<PreparedTask>> prepareTasks(const TaskSpec& spec);

/// Who answers.
struct TaskModel {
    const Decoder& decoder;
    const Tokenizer& tokenizer;
    std::vector<TokenId> stop;  ///< tokens that end an answer
};

/// What a model made of one document.
struct DocumentScore {
    std::vector<ChoiceScore> choices;   ///< of LAMBADA its last word's
    std::optional<std::string> answer;  ///< of GSM8K
    NamedValues<double> measures;       ///< as TaskOutcomes' are called
    [[nodiscard]] Json toJson() const;
};

using ScoreObserver = std::function<void(std::size_t document, const DocumentScore& score)>;

/// The measures that lm-evaluation-harness 0.4 has of a task (and acc_norm and acc_bytes wherever
/// there are choices), document by document (resources/help/method.md, Tasks). `observe` may be
/// empty. Nothing when cancelled. Errors name the document.
Result<std::optional<TaskOutcomes>> scoreTask(const TaskModel& model, const PreparedTask& task,
                                              const RunContext& context,
                                              const ScoreObserver& observe = {});

/// The measures of a document's choices: of equal scores the first one counts, as numpy's argmax
/// has it.
NamedValues<double> choiceMeasures(const TaskDocument& document,
                                   const std::vector<ChoiceScore>& choices);

}  // namespace skd
