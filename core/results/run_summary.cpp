#include "results/run_summary.h"

#include <algorithm>

namespace skd {

/// Early versions kept the whole report of each model, the definition in it.
std::string ProtocolSummary::recordedDefinition() const {
    if (!definition.empty() || !memberOf(document, "dense").is_object()) return definition;
    return readRecord<ProtocolSummary>(memberOf(document, "dense")).definition;
}

bool RunSummary::empty() const {
    return toJson(*this).empty();
}

double RunSummary::finalPpl() const {
    for (const auto& ppl : {postKdPpl, postRefinePpl, postPrunePpl, densePpl})
        if (!std::isnan(valueOrNan(ppl))) return *ppl;
    return std::nan("");
}

const RoundSummary* RunSummary::findRound(std::int64_t number) const {
    for (std::size_t i = 0; i < rounds.size(); ++i)
        if (rounds[i].round.value_or(static_cast<std::int64_t>(i) + 1) == number) return &rounds[i];
    return nullptr;
}

const ProtocolSummary* RunSummary::findAlso(const std::string& key) const {
    const auto found =
        std::ranges::find(also, key, &std::pair<std::string, ProtocolSummary>::first);
    return found == also.end() ? nullptr : &found->second;
}

RunSummary readRunSummary(const Json& document) {
    return readRecord<RunSummary>(document);
}

Json toJson(const RunSummary& summary) {
    return summary == RunSummary{} ? Json::object() : writeRecord(summary);
}

}  // namespace skd
