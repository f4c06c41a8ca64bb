#include "base/text.h"
#include "report/report.h"

namespace skd {
namespace {

/// One line of a cell: what was said, and how it ended where the model did not end it.
std::string answerText(const AnswerSet* set, const std::string& prompt) {
    const RecordedAnswer* answer = set == nullptr ? nullptr : findAnswer(*set, prompt);
    if (answer == nullptr) return "–";
    std::string text(trimmed(answer->text));
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20)
            c = ' ';  // line ends, and what no markup may have
    if (answer->ended == "length") text += " …";
    return answer->ended == "not finite" ? "(not finite)" : text;
}

const AnswerSet* setOf(const std::vector<const AnswerSet*>& shown, const char* stage) {
    for (const AnswerSet* set : shown)
        if (set->stage == stage) return set;
    return nullptr;
}

/// Of an elastic run the size that stands for it.
const AnswerSet* recoveredOf(const RunSummary& summary,
                             const std::vector<const AnswerSet*>& shown) {
    const AnswerSet* set =
        summary.elastic ? answersAt(summary.answers, summary.elastic->selection) : nullptr;
    return set != nullptr ? set : setOf(shown, kRecoveredAnswers);
}

}  // namespace

ReportTable answersTable(const StudyResults& results) {
    ReportTable table{.title = "Answers",
                      .header = {"variant", "seed", "prompt", "before the cut", "after the cut",
                                 "after distillation"}};
    for (const StudyRun* first : results.firstRuns()) {
        const std::vector<const StudyRun*> runs = results.complete(first->variant);
        if (runs.empty()) continue;
        const std::vector<const AnswerSet*> shown = shownAnswers(runs.front()->summary.answers);
        const AnswerSet* before = setOf(shown, kDenseAnswers);
        if (before == nullptr) before = setOf(shown, kStartAnswers);
        const AnswerSet* recovered = recoveredOf(runs.front()->summary, shown);
        for (const std::string& prompt : promptsOf(shown))
            table.rows.push_back({first->variant, std::to_string(runs.front()->seed), prompt,
                                  answerText(before, prompt),
                                  answerText(setOf(shown, kCutAnswers), prompt),
                                  answerText(recovered, prompt)});
    }
    return table;
}

}  // namespace skd
