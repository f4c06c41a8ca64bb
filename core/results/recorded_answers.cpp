#include "results/recorded_answers.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "results/elastic_summary.h"

namespace skd {
namespace {

/// Those of the last round that a stage has, by size.
std::vector<const AnswerSet*> lastOf(const std::vector<AnswerSet>& known, const char* stage) {
    std::vector<const AnswerSet*> last;
    for (const AnswerSet& set : known) {
        if (set.stage != stage) continue;
        if (!last.empty() && set.round != last.back()->round) last.clear();
        last.push_back(&set);
    }
    std::ranges::stable_sort(last, {}, [](const AnswerSet* set) { return set->removed; });
    return last;
}

}  // namespace

void takeAnswers(std::vector<AnswerSet>& known, AnswerSet set) {
    const auto same = std::find_if(known.begin(), known.end(), [&](const AnswerSet& one) {
        return one.stage == set.stage && one.round == set.round && one.removed == set.removed;
    });
    if (same == known.end())
        known.push_back(std::move(set));
    else
        *same = std::move(set);
}

std::vector<const AnswerSet*> shownAnswers(const std::vector<AnswerSet>& known) {
    std::vector<const AnswerSet*> shown;
    for (const char* stage : {kDenseAnswers, kStartAnswers, kCutAnswers, kRecoveredAnswers}) {
        const std::vector<const AnswerSet*> sets = lastOf(known, stage);
        // A recovery before the last cut is of a larger model.
        if (!sets.empty() && (shown.empty() || sets.front()->round >= shown.back()->round))
            shown.insert(shown.end(), sets.begin(), sets.end());
    }
    return shown;
}

const AnswerSet* answersAt(const std::vector<AnswerSet>& known, double removed) {
    const AnswerSet* nearest = nullptr;
    const auto distance = [=](const AnswerSet* set) { return std::fabs(*set->removed - removed); };
    for (const AnswerSet* set : lastOf(known, kRecoveredAnswers))
        if (set->removed && (nearest == nullptr || distance(set) < distance(nearest)))
            nearest = set;
    return nearest;
}

std::string answerTitle(const AnswerSet& set, const std::vector<AnswerSet>& known) {
    const bool several =
        std::any_of(known.begin(), known.end(), [](const AnswerSet& one) { return one.round > 1; });
    std::string title =
        several && set.round > 0 ? strCat(set.stage, ", round ", set.round) : set.stage;
    return set.removed ? strCat(title, ", ", sizePercent(*set.removed), " % removed") : title;
}

std::vector<std::string> promptsOf(const std::vector<const AnswerSet*>& sets) {
    std::vector<std::string> prompts;
    for (const AnswerSet* set : sets)
        for (const RecordedAnswer& answer : set->answers)
            if (std::find(prompts.begin(), prompts.end(), answer.prompt) == prompts.end())
                prompts.push_back(answer.prompt);
    return prompts;
}

const RecordedAnswer* findAnswer(const AnswerSet& set, const std::string& prompt) {
    const auto found = std::find_if(set.answers.begin(), set.answers.end(),
                                    [&](const auto& answer) { return answer.prompt == prompt; });
    return found == set.answers.end() ? nullptr : &*found;
}

}  // namespace skd
