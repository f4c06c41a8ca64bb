#include "report/study_arms.h"

#include <algorithm>

#include "base/text.h"
#include "spec/model_name.h"

namespace skd {
namespace {

constexpr double kEqualBudgets = 0.05;

double budgetDistance(const TrainingBudget& a, const TrainingBudget& b) {
    // Token-equivalents and tokens measure different things: any budget of the same kind is nearer.
    constexpr double kOtherKind = 1e3;
    return std::fabs(std::log(a.tokens / b.tokens)) +
           (a.equivalents == b.equivalents ? 0 : kOtherKind);
}

/// Steps of the rounds through `last`; 0: of all.
std::int64_t stepsThrough(const std::vector<RoundSpec>& rounds, std::int64_t last) {
    std::int64_t steps = 0;
    for (std::size_t i = 0; i < rounds.size(); ++i)
        if (last == 0 || static_cast<std::int64_t>(i) < last) steps += rounds[i].steps;
    return steps;
}

double lowestLive(const StudyRun& run) {
    double lowest = kNan;
    for (const double value : run.live.values)
        if (std::isfinite(value) && !(lowest <= value)) lowest = value;
    return lowest;
}

Json cutOf(const RunSpec& spec) {
    Json json = toJson(withControl(spec));
    for (const char* field : {"name", "seed", "control", "keep", "teacher", "distill"})
        json.erase(field);
    json["schedule"].erase("recache");
    return json;
}

template <class Fits>
ChosenArm chooseWhere(const std::vector<ArmRuns>& arms, const TrainingBudget& budget,
                      const Fits& fits) {
    std::vector<const ArmRuns*> candidates;
    for (const ArmRuns& arm : arms)
        if (fits(arm)) candidates.push_back(&arm);
    return chooseArm(candidates, budget);
}

}  // namespace

bool TrainingBudget::equals(const TrainingBudget& other) const {
    return budgetDistance(*this, other) < kEqualBudgets;
}

std::string TrainingBudget::text() const {
    return strCat(groupDigits(std::llround(tokens)),
                  equivalents ? " token-equivalents" : " tokens");
}

TrainingBudget budgetOf(const RunSpec& given, std::int64_t round) {
    const RunSpec spec = withControl(given);
    const std::vector<RoundSpec> rounds = roundsOf(spec);
    const auto steps = static_cast<double>(stepsThrough(rounds, round));
    const auto asked = static_cast<double>(spec.distill.budget);
    if (asked > 0) return {asked * steps / static_cast<double>(stepsThrough(rounds, 0)), true};
    return {steps * static_cast<double>(spec.distill.batch * spec.corpus.sequenceLength), false};
}

std::optional<double> budgetUsed(const StudyRun& run, std::int64_t round) {
    if (budgetOf(run.spec).equivalents) {
        const std::optional<BudgetSummary>& budget = run.summary.budget;
        if (round != 0 || !budget || !budget->spent) return std::nullopt;
        return finiteOrNone(*budget->spent / budgetOf(run.spec).tokens);
    }
    const auto planned = static_cast<double>(stepsThrough(roundsOf(withControl(run.spec)), round));
    const RoundSummary* found = run.summary.findRound(round);
    if (round > 0)
        return found == nullptr || found->rolledBack
                   ? std::nullopt
                   : std::optional(static_cast<double>(found->firstStep + found->steps) / planned);
    return run.summary.kdSteps ? std::optional(static_cast<double>(*run.summary.kdSteps) / planned)
                               : std::nullopt;
}

std::string ChosenArm::how() const {
    if (among == 1) return "the only one";
    return byCurve ? strCat("the best of ", among, " by its live curve")
                   : strCat("the first of ", among, ", which have no live curves");
}

double ArmRuns::selectionLoss() const {
    std::vector<double> losses;
    for (const StudyRun* run : runs) losses.push_back(std::log(lowestLive(*run)));
    return summarise(losses).mean;
}

bool isContradicted(const StudyRun& run) {
    const bool dense = isTunedDense(armOf(run.spec)) || run.spec.control == Control::NoWikiText;
    return dense && withControl(run.spec).prune.method == PruneMethod::None &&
           valueOrNan(run.summary.mlpRemoved) > 0;
}

std::vector<ArmRuns> armsOf(const StudyResults& results) {
    std::vector<ArmRuns> arms;
    for (const StudyRun* first : results.firstRuns()) {
        ArmRuns arm{armOf(first->spec), first->variant, results.complete(first->variant),
                    budgetOf(first->spec), cutOf(first->spec)};
        // A grid's points are listed by themselves.
        std::erase_if(arm.runs, [&](const StudyRun* run) { return run->variant != arm.variant; });
        if (arm.runs.empty()) continue;
        if (std::any_of(arm.runs.begin(), arm.runs.end(),
                        [](const StudyRun* run) { return isContradicted(*run); }))
            arm.arm = Arm::Other;
        arms.push_back(std::move(arm));
    }
    return arms;
}

ChosenArm chooseArm(const std::vector<const ArmRuns*>& candidates, const TrainingBudget& budget) {
    if (candidates.empty()) return {};
    const auto distance = [&](const ArmRuns* arm) { return budgetDistance(arm->budget, budget); };
    const ArmRuns* nearest = *std::min_element(
        candidates.begin(), candidates.end(),
        [&](const ArmRuns* a, const ArmRuns* b) { return distance(a) < distance(b); });
    ChosenArm chosen;
    for (const ArmRuns* arm : candidates) {
        if (!arm->budget.equals(nearest->budget)) continue;
        ++chosen.among;
        const double loss = arm->selectionLoss();
        if (chosen.arm == nullptr) chosen.arm = arm;
        if (std::isnan(loss)) continue;
        if (!chosen.byCurve || loss < chosen.arm->selectionLoss()) chosen.arm = arm;
        chosen.byCurve = true;
    }
    return chosen;
}

ChosenArm tunedDense(const std::vector<ArmRuns>& arms, const RunSpec& spec,
                     const TrainingBudget& budget) {
    return chooseWhere(arms, budget, [&](const ArmRuns& arm) {
        const std::string& model = arm.spec().model.path;
        return (arm.arm == Arm::TunedDenseCe || arm.arm == Arm::TunedDenseKd) &&
               (model == spec.model.path || isModelReference(spec.model.path));
    });
}

ChosenArm crossEntropyAlone(const std::vector<ArmRuns>& arms, const ArmRuns& arm) {
    return chooseWhere(arms, arm.budget, [&](const ArmRuns& other) {
        return other.arm == Arm::PrunedCe && other.cut == arm.cut;
    });
}

std::string armText(Arm arm) {
    switch (arm) {
        case Arm::TunedDenseCe:
            return "dense, CE only";
        case Arm::TunedDenseKd:
            return "dense, KD + CE";
        case Arm::TunedDenseKl:
            return "dense, KD only";
        case Arm::PrunedKd:
            return "KD + CE";
        case Arm::PrunedCe:
            return "CE only";
        case Arm::PrunedKl:
            return "KD only";
        case Arm::PrunedCorrected:
            return "KD of another teacher";
        case Arm::PrunedSampled:
            return "KD of drawn tokens";
        case Arm::Other:
            break;
    }
    return "other";
}

}  // namespace skd
