#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "spec/task_files.h"

namespace skd {

/// A document of a task as it is asked.
struct TaskDocument {
    std::string where;  ///< file and line, for messages
    Json row;           ///< as the file has it
    std::string topic;  ///< of MMLU, in words
    /// What is read before the answer: one text, of WinoGrande one for each choice.
    std::vector<std::string> questions;
    std::vector<std::string> choices;  ///< none where nothing is chosen from
    /// What is scored after every question of WinoGrande; LAMBADA's last word with the space before
    /// it; GSM8K's answer.
    std::string target;
    std::int64_t gold = -1;  ///< the right choice; -1 where it is not among them

    /// What is scored after a choice's question.
    [[nodiscard]] std::string continuation(std::size_t choice) const {
        return choices.empty() ? target : " " + (questions.size() > 1 ? target : choices[choice]);
    }
    /// The question of a choice, the first one's where all have the same.
    [[nodiscard]] const std::string& question(std::size_t choice) const {
        return questions[questions.size() > 1 ? choice : 0];
    }
};

/// The documents of a task, whole.
struct TaskDocuments {
    TaskKind kind = TaskKind::HellaSwag;
    std::string file, sha256;
    std::vector<TaskDocument> documents;
};

/// Reads a task's file: a JSON object a line with the fields that the data set is published with,
/// or one JSON list of them (MathQA). PIQA's labels may lie beside it in NAME-labels.lst. Corrupt,
/// by file, line and field, where one is missing or of another type.
Result<TaskDocuments> readTaskDocuments(const TaskFile& file);

/// Fills the texts of a document from its row, and the label from `label` where it is not empty.
Status readTaskRow(TaskKind kind, const std::string& label, TaskDocument& document);

}  // namespace skd
