#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace skd {

/// Tasks that people publish results of, by their names in lm-evaluation-harness 0.4
/// (resources/help/method.md, Tasks).
enum class TaskKind {
    HellaSwag,
    Piqa,
    ArcEasy,
    ArcChallenge,
    WinoGrande,
    OpenBookQa,
    BoolQ,
    MathQa,
    Mmlu,
    Lambada,
    Gsm8k
};
template <>
inline constexpr auto kNames<TaskKind> = names<TaskKind>({"hellaswag", "piqa", "arc_easy",
                                                          "arc_challenge", "winogrande",
                                                          "openbookqa", "boolq", "mathqa", "mmlu",
                                                          "lambada_openai", "gsm8k"});

/// A task and the file of its documents.
struct TaskFile {
    TaskKind kind = TaskKind::HellaSwag;
    std::string path;
    bool operator==(const TaskFile&) const = default;
};

/// Of texts as "hellaswag=hellaswag_val.jsonl". InvalidInput, by the text, for an unknown task, a
/// missing file name, and a task that is named twice.
Result<std::vector<TaskFile>> parseTaskFiles(const std::vector<std::string>& texts);

/// The file of a task, or null.
const TaskFile* findTask(const std::vector<TaskFile>& files, TaskKind kind);

}  // namespace skd
