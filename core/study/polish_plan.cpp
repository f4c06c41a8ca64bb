#include "study/polish_plan.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "spec/run_reference.h"

namespace skd {
namespace {

/// Evaluations, and checkpoints, of a polish; its warm-up as a share of the steps.
constexpr std::int64_t kPolishEvaluations = 6, kWarmupShare = 10;

std::int64_t tokensOfStep(const RunSpec& spec) {
    return spec.distill.batch * spec.corpus.sequenceLength;
}

/// Tokens that a run has trained on, or would.
std::int64_t trainedTokens(const RunDetails& run, const RunSpec& spec) {
    if (run.summary.kdSteps && *run.summary.kdSteps > 0)
        return *run.summary.kdSteps * tokensOfStep(spec);
    return tokensOf(spec);
}

/// The peak that a run was trained with: the spec's, or the one that a rule or a ramp has found.
double peakRate(const RunDetails& run, const RunSpec& spec) {
    double found = kDefaultLearningRate;
    for (const RoundSummary& round : run.summary.rounds) found = round.learningRate.value_or(found);
    return spec.distill.learningRate.valueOr(found);
}

Status checkSizes(const RunDetails& run, const RunSpec& spec, double removed) {
    const std::string name = strCat("run ", run.row.id.value());
    if (!spec.elastic.isOn())
        return fail(ErrorCode::InvalidInput,
                    strCat(name,
                           " is not elastic, so it has no slices to polish; to train its model on, "
                           "start a run with --set model.path=run:",
                           run.row.id.value(), " --set prune.method=none"));
    if (isSizeBetween(removed, spec.elastic.largest, spec.elastic.smallest)) return {};
    return fail(ErrorCode::InvalidInput,
                strCat(name, " has no size with ", removedPercent(removed),
                       " % removed; give one from ", removedPercent(spec.elastic.largest), " to ",
                       removedPercent(spec.elastic.smallest)));
}

void setSchedule(DistillSpec& distill, std::int64_t steps, double peak) {
    distill.steps = steps;
    distill.budget = 0;
    distill.learningRate = peak * kPolishRate;
    distill.warmup = steps / kWarmupShare;
    distill.evalEvery = distill.checkpointEvery =
        std::max<std::int64_t>(1, steps / kPolishEvaluations);
}

}  // namespace

Result<RunSpec> polishSpec(const RunDetails& run, const PolishRequest& request) {
    auto stored = parseRunSpec(run.spec);
    if (!stored) return fail(stored.error().in(strCat("the spec of run ", request.run.value())));
    SKD_CHECK(checkSizes(run, *stored, request.removed));
    const auto tokens = request.tokens > 0
                            ? static_cast<double>(request.tokens)
                            : kPolishShare * static_cast<double>(trainedTokens(run, *stored));
    const std::int64_t steps = std::max<std::int64_t>(
        1, std::llround(tokens / static_cast<double>(tokensOfStep(*stored))));
    RunSpec spec = *stored;
    spec.name = strCat(displayName(*stored), ", ", removedPercent(request.removed), " % polished");
    spec.control = Control::None;
    spec.model.path = RunReference{request.run, {}, request.removed}.text();
    spec.teacher = {};
    if (spec.distill.alpha > 0)
        spec.teacher.path =
            stored->teacher.path.empty() ? stored->model.path : stored->teacher.path;
    spec.prune = {};
    spec.prune.method = PruneMethod::None;
    spec.schedule = {};
    spec.refine = {};
    spec.elastic = {};
    setSchedule(spec.distill, steps, peakRate(run, *stored));
    return spec;
}

}  // namespace skd
