#pragma once

#include "run/teacher_source.h"

namespace skd {

/// A run's budget (distill.budget; resources/help/method.md, Budget): measured before the first
/// stage, settled once when distillation begins, and from then on taken from the run's state, so
/// that a resumed run takes the steps it began with. Without a budget all of these do nothing.

/// Measures what a token of a dense distillation step costs on this machine, on a copy of the run's
/// model that is thrown away. Stops the work when cancelled.
Status measureBudget(RunWork& work);

/// Notes what the run has spent before its first round.
Status beginBudgetedRounds(RunWork& work);

/// Whether the teacher's probabilities wait until it is known on which samples they are needed.
bool isBudgetOpen(const RunWork& work);

/// Times the student's steps and settles how many of them there will be, on which samples. Stops
/// the work when cancelled; InvalidInput where nothing is left of the budget.
Status settleBudget(RunWork& work, const TeacherSource& teacher);

/// Leaves to training the samples that a settled budget reads.
void limitCorpus(RunWork& work);

/// The distillation of a round (from 0), as the spec or its settled budget has it.
DistillSpec distillOf(const RunWork& work, std::size_t round, std::int64_t steps);

/// What has been spent by now, for the summary.
std::optional<BudgetSummary> spentBudget(const RunWork& work);

}  // namespace skd
