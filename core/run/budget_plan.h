#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "spec/run_spec.h"

namespace skd {

/// What a run knows of its costs when distillation begins, in seconds.
struct BudgetCosts {
    double secondsPerToken = 0;  ///< of a dense distillation step: a token-equivalent
    double spent = 0;            ///< by all stages after loading
    double reserved = 0;         ///< for all that follows beside steps and teacher cache
    double step = 0;             ///< an optimiser step of the student
    double teacherSample = 0;    ///< the teacher's probabilities of one sample; 0: none are cached
    std::int64_t samples = 0;    ///< of the corpus
};

/// What becomes of a budget.
struct BudgetPlan {
    std::int64_t steps = 0;    ///< over all rounds
    std::int64_t samples = 0;  ///< of the corpus that they read: its first ones
};

/// The most steps whose seconds, with those of the teacher's probabilities on the samples that they
/// read, fit into what is left of `budget` token-equivalents. InvalidInput, with the numbers, where
/// that is less than one step a round.
Result<BudgetPlan> planBudget(std::int64_t budget, const BudgetCosts& costs, std::int64_t batch,
                              std::size_t rounds);

/// Shares `steps` out over rounds in proportion to the steps that their specs give, at least one
/// each.
std::vector<std::int64_t> sharedSteps(std::int64_t steps, const std::vector<RoundSpec>& rounds);

/// How often training as a spec describes it evaluates and saves: counts that a budget leaves as
/// they are, because it multiplies steps and intervals together.
struct TrainingPauses {
    std::int64_t evaluations = 0, checkpoints = 0;
    /// Live perplexities of all evaluations: of an elastic student two each, and all nodes thrice.
    std::int64_t perplexities = 0;
};
TrainingPauses pausesOf(const RunSpec& spec);

/// The distillation of a round of a run whose budget came to `steps` steps over all rounds.
DistillSpec budgetedDistill(const RunSpec& spec, std::int64_t steps, std::size_t round);

}  // namespace skd
