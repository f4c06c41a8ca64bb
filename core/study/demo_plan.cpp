#include "study/demo_plan.h"

#include <algorithm>
#include <cmath>

#include "base/resources.h"
#include "base/text.h"
#include "eval/compute_probe.h"
#include "spec/config_diff.h"

namespace skd {
namespace {

/// Fewest optimiser steps in which a recovery shows.
constexpr std::int64_t kFewestSteps = 24;
/// Least budget that leaves about as many beside what the other stages take.
constexpr std::int64_t kLeastBudget = 60'000;
/// Evaluations of a recovery curve.
constexpr std::int64_t kEvaluations = 6;

double secondsOf(const RunSpec& spec, const MachineSpeed& speed) {
    return StudyCost(speed).seconds(spec);
}

/// `steps` over a corpus that they pass once, evaluated as often as a curve needs.
void setSteps(RunSpec& spec, std::int64_t steps) {
    DistillSpec& distill = spec.distill;
    distill.steps = steps;
    distill.warmup = std::min(distill.warmup, steps / 8);
    distill.evalEvery = distill.checkpointEvery = std::max<std::int64_t>(1, steps / kEvaluations);
    spec.corpus.samples = std::min(samplesOf(spec), steps * distill.batch);
}

void shortenProbes(RunSpec& spec, std::int64_t tokens) {
    spec.prune.probeRanks = 1;
    spec.prune.probeTokens = std::min(spec.prune.probeTokens, tokens);
}

void shortenTexts(RunSpec& spec) {
    shortenProbes(spec, 256);
    spec.prune.calibrationTokens = std::min<std::int64_t>(spec.prune.calibrationTokens, 4096);
    spec.prune.fisherTokens = std::min<std::int64_t>(spec.prune.fisherTokens, 4096);
    spec.eval.maxTokens = std::min<std::int64_t>(spec.eval.maxTokens, 4096);
    spec.eval.liveTokens = std::min<std::int64_t>(spec.eval.liveTokens, 1024);
}

/// As many steps, up to those asked for, as the time allows; the fewest where it allows none.
RunSpec withSteps(const RunSpec& spec, double seconds, const MachineSpeed& speed) {
    const std::int64_t most = spec.distill.steps, fewest = std::min(kFewestSteps, most);
    RunSpec fitted = spec;
    for (std::int64_t steps = most; steps >= fewest; --steps) {
        fitted = spec;
        setSteps(fitted, steps);
        if (secondsOf(fitted, speed) <= seconds) break;
    }
    return fitted;
}

/// The most of the budget that the time allows, in steps of a tenth; the least where it allows
/// none.
RunSpec withBudget(RunSpec spec, double seconds, const MachineSpeed& speed) {
    const std::int64_t least = std::min(kLeastBudget, spec.distill.budget);
    while (secondsOf(spec, speed) > seconds && spec.distill.budget > least)
        spec.distill.budget = std::max(least, spec.distill.budget * 9 / 10);
    return spec;
}

/// "90 steps"; of a budget what they are expected to be.
std::string stepsText(const DemoPlan& plan) {
    std::int64_t expected = 0;
    for (const StageCost& stage : plan.stages) expected += stage.steps;
    return expected > 0 ? strCat("about ", groupDigits(expected), " steps")
                        : strCat(plan.spec.distill.steps, " steps");
}

std::vector<std::string> changesOf(const RunSpec& full, const RunSpec& fitted) {
    std::vector<std::string> changes;
    for (const FieldDifference& field : configDiff({toJson(full), toJson(fitted)}))
        changes.push_back(strCat(field.path, " ", shownValue(field.values[0]), " -> ",
                                 shownValue(field.values[1])));
    return changes;
}

}  // namespace

RunSpec fittedTo(RunSpec spec, double seconds, const MachineSpeed& speed) {
    if (secondsOf(spec, speed) <= seconds) return spec;
    shortenProbes(spec, 512);
    if (spec.distill.budget > 0) return withBudget(std::move(spec), seconds, speed);
    if (secondsOf(spec, speed) <= seconds) return spec;
    RunSpec fitted = withSteps(spec, seconds, speed);
    if (secondsOf(fitted, speed) <= seconds) return fitted;
    shortenTexts(spec);
    return withSteps(spec, seconds, speed);
}

Result<DemoPlan> demoPlan(bool full) {
    SKD_TRY(const std::filesystem::path preset, resolveResource("resource:presets/demo.json"));
    SKD_TRY(const RunSpec spec, readRunSpec(preset.string()));
    (void)renewComputeProbe(userCacheFolder());  // what counts is how busy the machine is now
    const MachineSpeed speed = machineSpeed(spec.model);
    DemoPlan plan{
        full ? spec : fittedTo(spec, kDemoSeconds, speed), {}, secondsOf(spec, speed), {}};
    plan.stages = StudyCost(speed).stages(plan.spec);
    plan.changes = changesOf(spec, plan.spec);
    return plan;
}

Json toJson(const DemoPlan& plan) {
    Json stages = Json::array();
    for (const StageCost& stage : plan.stages)
        stages.push_back({{"stage", stage.stage}, {"seconds", stage.seconds}});
    return {{"seconds", plan.seconds()},
            {"full_seconds", plan.fullSeconds},
            {"stages", stages},
            {"changes", plan.changes},
            {"spec", toJson(plan.spec)}};
}

std::string describe(const DemoPlan& plan) {
    const auto minutes = [](double seconds) {
        return strCat(formatNumber(std::max(0.1, seconds / 60), 2), " min");
    };
    std::string text =
        strCat("The demo removes ", formatNumber(plan.spec.prune.target * 100, 3),
               " % of the MLP parameters of ", plan.spec.model.path, " and recovers it in ",
               stepsText(plan), ". On this machine about ", minutes(plan.seconds()), ":\n");
    for (const StageCost& stage : plan.stages)
        text += strCat("  ", stage.stage,
                       std::string(28 - std::min<std::size_t>(27, stage.stage.size()), ' '),
                       minutes(stage.seconds), "\n");
    if (plan.changes.empty()) return text;
    text += strCat("It is fitted to this machine's speed; as shipped it would take about ",
                   minutes(plan.fullSeconds), " (sparsekd demo --full):\n");
    for (const std::string& change : plan.changes) text += strCat("  ", change, "\n");
    return text;
}

}  // namespace skd
