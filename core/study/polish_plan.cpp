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

void setSchedule(DistillSpec& distill, std::int64_t steps, double rate) {
    distill.steps = steps;
    distill.budget = 0;
    distill.learningRate = rate;
    distill.warmup = steps / kWarmupShare;
    distill.evalEvery = distill.checkpointEvery =
        std::max<std::int64_t>(1, steps / kPolishEvaluations);
}

/// By how much of the run's own training another one goes on.
struct Continued {
    double tokens = 0, rate = 0;  ///< shares
};

/// A run of the same corpus, loss and measures that cuts nothing; its model is not chosen yet.
Result<RunSpec> continued(const RunDetails& run, const PolishRequest& request, Continued by) {
    auto stored = parseRunSpec(run.spec);
    if (!stored) return fail(stored.error().in(strCat("the spec of run ", request.run.value())));
    SKD_CHECK(checkSizes(run, *stored, request.removed));
    const auto tokens = request.tokens > 0
                            ? static_cast<double>(request.tokens)
                            : by.tokens * static_cast<double>(trainedTokens(run, *stored));
    const std::int64_t steps = std::max<std::int64_t>(
        1, std::llround(tokens / static_cast<double>(tokensOfStep(*stored))));
    RunSpec spec = *stored;
    spec.name = displayName(*stored);
    spec.control = Control::None;
    spec.teacher = {};
    if (spec.distill.alpha > 0)
        spec.teacher.path =
            stored->teacher.path.empty() ? stored->model.path : stored->teacher.path;
    spec.prune = {};
    spec.prune.method = PruneMethod::None;
    spec.schedule = {};
    spec.refine = {};
    setSchedule(spec.distill, steps, by.rate * peakRate(run, *stored));
    return spec;
}

}  // namespace

Result<RunSpec> polishSpec(const RunDetails& run, const PolishRequest& request) {
    SKD_TRY(RunSpec spec, continued(run, request, {kPolishShare, kPolishRate}));
    spec.name = strCat(spec.name, ", ", removedPercent(request.removed), " % polished");
    spec.model.path = RunReference{request.run, {}, request.removed}.text();
    spec.elastic = {};
    return spec;
}

Result<RunSpec> moreTokensSpec(const RunDetails& run, const PolishRequest& request) {
    SKD_TRY(RunSpec spec, continued(run, request, {kMoreShare, kMoreRate}));
    spec.name = strCat(spec.name, ", more at ", removedPercent(request.removed), " %");
    spec.model.path = RunReference{request.run, {}, {}}.text();
    spec.elastic.focus = ElasticFocus::Around;
    spec.elastic.focusAt = std::clamp(request.removed, spec.elastic.largest, spec.elastic.smallest);
    return spec;
}

}  // namespace skd
