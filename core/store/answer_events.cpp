#include "store/answer_events.h"

namespace skd {

std::vector<AnswerSet> knownAnswers(const RunSummary& summary,
                                    const std::vector<EventRow>& events) {
    std::vector<AnswerSet> known = summary.answers;
    for (const EventRow& event : events) {
        if (event.kind != "stage_finished" || !event.data.is_object()) continue;
        if (valueOr(event.data, "stage", Json()) != "answer") continue;
        auto set = readRecord<AnswerSet>(valueOr(event.data, "result", Json()));
        if (!set.stage.empty()) takeAnswers(known, std::move(set));
    }
    return known;
}

}  // namespace skd
