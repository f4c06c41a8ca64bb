#include "run/budget_plan.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/text.h"
#include "corpus/corpus.h"
#include "spec/study_scale.h"

namespace skd {
namespace {

std::int64_t stepsGiven(const std::vector<RoundSpec>& rounds) {
    return std::accumulate(
        rounds.begin(), rounds.end(), std::int64_t{0},
        [](std::int64_t sum, const RoundSpec& round) { return sum + round.steps; });
}

std::string equivalents(double seconds, const BudgetCosts& costs) {
    return groupDigits(std::llround(seconds / costs.secondsPerToken));
}

}  // namespace

Result<BudgetPlan> planBudget(std::int64_t budget, const BudgetCosts& costs, std::int64_t batch,
                              std::size_t rounds) {
    const auto samples = static_cast<double>(costs.samples), perStep = static_cast<double>(batch);
    const double left =
        static_cast<double>(budget) * costs.secondsPerToken - costs.spent - costs.reserved;
    double steps = left / (costs.step + perStep * costs.teacherSample);
    // From its second pass on, a corpus has its teacher's probabilities.
    if (steps * perStep > samples) steps = (left - samples * costs.teacherSample) / costs.step;
    if (!(steps >= static_cast<double>(rounds)))
        return fail(
            ErrorCode::InvalidInput,
            strCat("the budget of ", groupDigits(budget),
                   " token-equivalents leaves less than one optimiser step a round: the "
                   "stages before distillation took ",
                   equivalents(costs.spent, costs), ", those after it are expected to take ",
                   equivalents(costs.reserved, costs),
                   "; raise distill.budget, or lower eval.max_tokens, eval.live_tokens or "
                   "the tokens of the analysis"));
    BudgetPlan plan;
    plan.steps = static_cast<std::int64_t>(steps);
    plan.samples = std::min(costs.samples, plan.steps * batch);
    return plan;
}

std::vector<std::int64_t> sharedSteps(std::int64_t steps, const std::vector<RoundSpec>& rounds) {
    std::vector<double> weights;
    for (const RoundSpec& round : rounds) weights.push_back(static_cast<double>(round.steps));
    const auto one = static_cast<std::int64_t>(rounds.size());
    std::vector<std::int64_t> shares = apportion(std::max<std::int64_t>(0, steps - one), weights);
    for (std::int64_t& share : shares) ++share;
    return shares;
}

TrainingPauses pausesOf(const RunSpec& spec) {
    TrainingPauses pauses;
    const auto often = [](std::int64_t steps, std::int64_t every) {
        return every > 0 ? (steps + every - 1) / every : 1;
    };
    for (const RoundSpec& round : roundsOf(spec)) {
        pauses.evaluations += often(round.steps, spec.distill.evalEvery) + 1;
        pauses.checkpoints += often(round.steps, spec.distill.checkpointEvery);
    }
    pauses.perplexities = pauses.evaluations;
    if (spec.elastic.isOn())
        pauses.perplexities +=
            pauses.evaluations + 3 * (std::ssize(spec.elastic.measuredNodes()) - 2);
    return pauses;
}

DistillSpec budgetedDistill(const RunSpec& spec, std::int64_t steps, std::size_t round) {
    const std::vector<RoundSpec> rounds = roundsOf(spec);
    const double factor = static_cast<double>(steps) /
                          static_cast<double>(std::max<std::int64_t>(1, stepsGiven(rounds)));
    DistillSpec distill = withStepsScaled(spec.distill, factor);
    distill.steps = sharedSteps(steps, rounds)[round];
    distill.warmup = std::min(distill.warmup, distill.steps);
    return distill;
}

}  // namespace skd
