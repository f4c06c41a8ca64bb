#include "base/text.h"
#include "base/unicode.h"
#include "eval/tasks/task_document.h"
#include "eval/tasks/task_row.h"
#include "eval/tasks/task_text.h"

// The prompts of lm-evaluation-harness 0.4, a function per task (resources/help/method.md, Tasks).
namespace skd {
namespace {

Status readHellaSwag(const TaskRow& row, TaskDocument& document) {
    SKD_TRY(const std::string label, row.text("activity_label"));
    SKD_TRY(const std::string first, row.text("ctx_a"));
    SKD_TRY(const std::string second, row.text("ctx_b"));
    SKD_TRY(const std::vector<std::string> endings, row.texts("endings"));
    SKD_TRY(document.gold, row.number("label"));
    document.questions = {
        hellaSwagText(strCat(label, ": ", first, " ", unicode::capitalised(second)))};
    for (const std::string& ending : endings) document.choices.push_back(hellaSwagText(ending));
    return {};
}

Status readPiqa(const TaskRow& row, const std::string& label, TaskDocument& document) {
    SKD_TRY(const std::string goal, row.text("goal"));
    document.choices.resize(2);
    SKD_TRY(document.choices[0], row.text("sol1"));
    SKD_TRY(document.choices[1], row.text("sol2"));
    document.questions = {strCat("Question: ", goal, "\nAnswer:")};
    const Json beside{{"label", label}};
    SKD_TRY(document.gold, (label.empty() ? row : TaskRow(beside)).number("label"));
    return {};
}

/// Choices with their labels: {"text": [..], "label": [..]}, or [{"text", "label"}, ..].
Status readLabelledChoices(const Json& list, std::vector<std::string>& labels,
                           TaskDocument& document) {
    if (list.is_object()) {
        SKD_TRY(labels, TaskRow(list).texts("label"));
        SKD_TRY(document.choices, TaskRow(list).texts("text"));
    } else {
        for (const Json& choice : list) {
            SKD_TRY(labels.emplace_back(), TaskRow(choice).text("label"));
            SKD_TRY(document.choices.emplace_back(), TaskRow(choice).text("text"));
        }
    }
    if (labels.size() == document.choices.size()) return {};
    return fail(ErrorCode::Corrupt, strCat("there are ", document.choices.size(), " choices, but ",
                                           labels.size(), " labels"));
}

/// ARC and OpenBookQA: the question as text beside its choices, or both in an object "question".
Status readScienceQuestion(const TaskRow& row, const char* field, std::string& question,
                           TaskDocument& document) {
    std::vector<std::string> labels;
    if (const auto nested = row.object("question")) {
        SKD_TRY(question, TaskRow(**nested).text("stem"));
        SKD_CHECK(readLabelledChoices(memberOf(**nested, "choices"), labels, document));
    } else {
        SKD_TRY(question, row.text(field));
        SKD_TRY(const Json* choices, row.object("choices"));
        SKD_CHECK(readLabelledChoices(*choices, labels, document));
    }
    SKD_TRY(document.gold, row.place("answerKey", labels));
    return {};
}

Status readArc(const TaskRow& row, TaskDocument& document) {
    std::string question;
    SKD_CHECK(readScienceQuestion(row, "question", question, document));
    document.questions = {strCat("Question: ", question, "\nAnswer:")};
    return {};
}

Status readOpenBookQa(const TaskRow& row, TaskDocument& document) {
    std::string question;
    SKD_CHECK(readScienceQuestion(row, "question_stem", question, document));
    document.questions = {std::move(question)};
    return {};
}

/// Partial scoring: the choices are put into the gap, and what follows it is scored.
Status readWinoGrande(const TaskRow& row, TaskDocument& document) {
    SKD_TRY(const std::string sentence, row.text("sentence"));
    document.choices.resize(2);
    SKD_TRY(document.choices[0], row.text("option1"));
    SKD_TRY(document.choices[1], row.text("option2"));
    SKD_TRY(document.gold, row.place("answer", {"1", "2"}));
    const std::size_t gap = sentence.find('_');
    if (gap == std::string::npos)
        return fail(ErrorCode::Corrupt, "the field \"sentence\" has no gap (_)");
    // Lengths that measures divide by are those of sentences up to the gap's end.
    for (std::string& choice : document.choices) choice = sentence.substr(0, gap) + choice;
    document.questions = document.choices;
    document.target = withoutOuterSpace(std::string_view(sentence).substr(gap + 1));
    return {};
}

Status readBoolQ(const TaskRow& row, TaskDocument& document) {
    SKD_TRY(const std::string passage, row.text("passage"));
    SKD_TRY(const std::string question, row.text("question"));
    SKD_TRY(document.gold, row.number(row.has("label") ? "label" : "answer"));
    document.questions = {strCat(passage, "\nQuestion: ", question, "?\nAnswer:")};
    document.choices = {"no", "yes"};
    return {};
}

Status readMathQa(const TaskRow& row, TaskDocument& document) {
    SKD_TRY(const std::string problem, row.text("Problem"));
    SKD_TRY(const std::string options, row.text("options"));
    SKD_TRY(document.gold, row.place("correct", {"a", "b", "c", "d", "e"}));
    document.questions = {strCat("Question: ", problem, "\nAnswer:")};
    document.choices = mathQaChoices(options);
    return {};
}

Status readMmlu(const TaskRow& row, TaskDocument& document) {
    SKD_TRY(const std::string question, row.text("question"));
    SKD_TRY(document.topic, row.text("subject"));
    SKD_TRY(const std::vector<std::string> choices, row.texts("choices"));
    document.choices = {"A", "B", "C", "D"};
    if (choices.size() != document.choices.size())
        return fail(ErrorCode::Corrupt, "the field \"choices\" does not have four texts");
    if (const auto letter = row.place("answer", document.choices)) {
        document.gold = *letter;
    } else {
        SKD_TRY(document.gold, row.number("answer"));
    }
    replaceAll(document.topic, "_", " ");
    std::string text(withoutOuterSpace(question));
    for (std::size_t i = 0; i < choices.size(); ++i)
        text += strCat("\n", document.choices[i], ". ", choices[i]);
    document.questions = {text + "\nAnswer:"};
    return {};
}

Status readLambada(const TaskRow& row, TaskDocument& document) {
    SKD_TRY(const std::string text, row.text("text"));
    const std::size_t space = text.rfind(' ');
    const bool one = space == std::string::npos;
    document.questions = {one ? "" : text.substr(0, space)};
    document.target = " " + (one ? text : text.substr(space + 1));
    return {};
}

Status readGsm8k(const TaskRow& row, TaskDocument& document) {
    SKD_TRY(const std::string question, row.text("question"));
    SKD_TRY(document.target, row.text("answer"));
    document.questions = {strCat("Question: ", question, "\nAnswer:")};
    return {};
}

Status readFields(TaskKind kind, const TaskRow& row, const std::string& label,
                  TaskDocument& document) {
    switch (kind) {
        case TaskKind::HellaSwag:
            return readHellaSwag(row, document);
        case TaskKind::Piqa:
            return readPiqa(row, label, document);
        case TaskKind::ArcEasy:
        case TaskKind::ArcChallenge:
            return readArc(row, document);
        case TaskKind::WinoGrande:
            return readWinoGrande(row, document);
        case TaskKind::OpenBookQa:
            return readOpenBookQa(row, document);
        case TaskKind::BoolQ:
            return readBoolQ(row, document);
        case TaskKind::MathQa:
            return readMathQa(row, document);
        case TaskKind::Mmlu:
            return readMmlu(row, document);
        case TaskKind::Lambada:
            return readLambada(row, document);
        case TaskKind::Gsm8k:
            return readGsm8k(row, document);
    }
    return fail(ErrorCode::Internal, "a task without a reader");
}

}  // namespace

Status readTaskRow(TaskKind kind, const std::string& label, TaskDocument& document) {
    SKD_CHECK(readFields(kind, TaskRow(document.row), label, document));
    const bool chosen = kind != TaskKind::Lambada && kind != TaskKind::Gsm8k;
    if (chosen && document.choices.empty()) return fail(ErrorCode::Corrupt, "there are no choices");
    // As the harness has it, a label beyond the choices is never right.
    const auto count = static_cast<std::int64_t>(document.choices.size());
    if (document.gold < 0 || document.gold >= count) document.gold = -1;
    return {};
}

}  // namespace skd
