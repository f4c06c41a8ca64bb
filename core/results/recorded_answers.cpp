#include "results/recorded_answers.h"

#include <algorithm>

#include "base/text.h"

namespace skd {
namespace {

const AnswerSet* lastOf(const std::vector<AnswerSet>& known, const char* stage) {
    const auto found = std::find_if(known.rbegin(), known.rend(),
                                    [=](const AnswerSet& set) { return set.stage == stage; });
    return found == known.rend() ? nullptr : &*found;
}

}  // namespace

void takeAnswers(std::vector<AnswerSet>& known, AnswerSet set) {
    const auto same = std::find_if(known.begin(), known.end(), [&](const AnswerSet& one) {
        return one.stage == set.stage && one.round == set.round;
    });
    if (same == known.end())
        known.push_back(std::move(set));
    else
        *same = std::move(set);
}

std::vector<const AnswerSet*> shownAnswers(const std::vector<AnswerSet>& known) {
    std::vector<const AnswerSet*> shown;
    for (const char* stage : {kDenseAnswers, kStartAnswers, kCutAnswers, kRecoveredAnswers}) {
        const AnswerSet* set = lastOf(known, stage);
        // A recovery before the last cut is of a larger model.
        if (set != nullptr && (shown.empty() || set->round >= shown.back()->round))
            shown.push_back(set);
    }
    return shown;
}

std::string answerTitle(const AnswerSet& set, const std::vector<AnswerSet>& known) {
    const bool several =
        std::any_of(known.begin(), known.end(), [](const AnswerSet& one) { return one.round > 1; });
    return several && set.round > 0 ? strCat(set.stage, ", round ", set.round) : set.stage;
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
