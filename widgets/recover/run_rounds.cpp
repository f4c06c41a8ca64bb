#include "recover/run_rounds.h"

#include <QCoreApplication>
#include <algorithm>

#include "results/run_summary.h"
#include "spec/prune_spec.h"
#include "style/format.h"

namespace skd {

namespace {

const Json& part(const Json& spec, const char* name) {
    static const Json none = Json::object();
    return spec.is_object() && spec.contains(name) && spec[name].is_object() ? spec[name] : none;
}

const Json& roundsIn(const Json& spec) {
    static const Json none = Json::array();
    const Json& schedule = part(spec, "schedule");
    return memberOf(schedule, "rounds").is_array() ? memberOf(schedule, "rounds") : none;
}

double targetOf(const Json& spec, std::size_t round) {
    const Json& rounds = roundsIn(spec);
    if (round < rounds.size()) return valueOr(rounds[round], "target", std::nan(""));
    return rounds.empty() && round == 0 ? valueOr(part(spec, "prune"), "target", std::nan(""))
                                        : std::nan("");
}

/// Of a round's trials: the last that was accepted counts, a later refusal only bounds it.
struct Verdict {
    double kl = std::nan("");
    int refusals = 0;
    bool accepted = false;
};

std::vector<Verdict> verdictsOf(const Series& trials, double limit) {
    std::vector<Verdict> verdicts;
    for (std::size_t i = 0; i < trials.values.size(); ++i) {
        const auto round = static_cast<std::size_t>(std::max(0.0, trials.steps[i] - 1)) /
                           static_cast<std::size_t>(RoundSummary::kGateTrials);
        if (round >= verdicts.size()) verdicts.resize(round + 1);
        Verdict& verdict = verdicts[round];
        const bool accepted = trials.values[i] <= limit;
        if (accepted || !verdict.accepted) verdict.kl = trials.values[i];
        verdict.accepted |= accepted;
        verdict.refusals += accepted ? 0 : 1;
    }
    return verdicts;
}

/// Step of the last cut that stands; 0 where nothing was cut.
double lastCut(const RunCurves& curves) {
    double step = 0;
    for (const RoundMark& round : roundsOf(curves))
        if (!round.rolledBack) step = round.step;
    return step;
}

}  // namespace

std::vector<RoundMark> roundsOf(const RunCurves& curves) {
    const Json& spec = curves.details.spec;
    const Json& schedule = part(spec, "schedule");
    const double limit = valueOr(schedule, "gate_kl", std::nan(""));
    const bool toOriginal =
        valueOr(schedule, "gate_reference", "") == enumName(KlReference::Original);
    const std::vector<Verdict> verdicts =
        verdictsOf(curves.at(toOriginal ? "gate.original_kl" : "gate.kl"), limit);
    const Series& cuts = curves.at("ppl.post_prune");
    std::vector<RoundMark> rounds;
    for (std::size_t i = 0; i < cuts.steps.size(); ++i) {
        RoundMark round{static_cast<int>(i) + 1, cuts.steps[i], targetOf(spec, i)};
        if (i < verdicts.size() && verdicts[i].accepted) {
            round.gateKl = verdicts[i].kl;
            round.limit = limit;
            round.refusals = verdicts[i].refusals;
        }
        rounds.push_back(round);
    }
    const bool over = curves.details.row.status != RunStatus::Running;
    if (verdicts.size() == rounds.size() + 1 && !verdicts.back().accepted && over) {
        const Series& live = curves.at("ppl.live");
        rounds.push_back({static_cast<int>(verdicts.size()),
                          live.steps.empty() ? 0 : live.steps.back(), targetOf(spec, rounds.size()),
                          verdicts.back().kl, limit, verdicts.back().refusals, true});
    }
    return rounds;
}

double lastCollapse(const RunCurves& curves) {
    for (const char* metric : {"ppl.pruned_live", "ppl.live"}) {  // refined: before its blocks were
        const Series& live = curves.at(metric);
        const auto at = std::find(live.steps.begin(), live.steps.end(), lastCut(curves));
        if (at != live.steps.end()) return live.values[at - live.steps.begin()];
    }
    return std::nan("");
}

std::optional<std::pair<double, double>> bestSinceCut(const RunCurves& curves) {
    const Series& live = curves.at("ppl.live");
    const double begin = lastCut(curves);
    std::optional<std::pair<double, double>> best;
    for (std::size_t i = 0; i < live.steps.size(); ++i)
        if (live.steps[i] >= begin && std::isfinite(live.values[i]) &&
            (!best || live.values[i] < best->second))
            best = {live.steps[i], live.values[i]};
    return best;
}

int plannedRounds(const Json& spec) {
    return std::max(1, static_cast<int>(roundsIn(spec).size()));
}

double plannedSteps(const Json& spec) {
    const double each = valueOr(part(spec, "distill"), "steps", 0.0);
    const Json& rounds = roundsIn(spec);
    if (rounds.empty()) return each;
    double steps = 0;
    for (const Json& round : rounds) {
        const double own = valueOr(round, "steps", 0.0), share = valueOr(round, "share", 0.0);
        steps += own > 0 ? own : share > 0 ? share * each : each;
    }
    return steps;
}

double plannedStepsOf(const RunCurves& curves) {
    const Json& spec = curves.details.spec;
    if (valueOr(part(spec, "distill"), "budget", 0.0) == 0) return plannedSteps(spec);
    const double settled = curves.last("kd.planned_steps");
    return std::isnan(settled) ? 0 : settled;
}

QString gateText(const RoundMark& round) {
    if (std::isnan(round.limit)) return {};
    if (round.rolledBack)
        return QCoreApplication::translate("Rounds", "gate %1 > %2 ✗")
            .arg(formatValue(round.gateKl), formatTick(round.limit));
    return QCoreApplication::translate("Rounds", "gate %1 ✓").arg(formatValue(round.gateKl));
}

}  // namespace skd
