#pragma once

#include "run/run_work.h"

namespace skd {

/// Whose answers are recorded.
struct AnsweringModel {
    const char* stage = kDenseAnswers;  ///< as AnswerSet has it
    std::size_t round = 0;
    std::int64_t step = 0;
    /// ModelIdentity::key; given: looked for in, and added to, the cache of scores.
    std::string modelKey = {};
    std::optional<double> removed = {};  ///< the size that an elastic student has
};

/// Reads eval.prompts as the run's model does. Where its files do not say how, a warning says so
/// and no answers are recorded: figures do not wait for them.
void readQuestions(RunWork& work);

/// Answers the questions greedily, and keeps the answers as a finished stage of the run's state and
/// events (an AnswerSet). What the state knows is not asked again, so that a resumed run has the
/// same answers. Logits that are not finite end an answer, not the run. Stops the work when
/// cancelled; nothing is kept then.
Status recordAnswers(RunWork& work, const Decoder& model, const AnsweringModel& of);

/// The same of the model that the run starts from; other runs of the workspace share its answers.
Status recordFirstAnswers(RunWork& work);

/// What the state of a run has of answers, in the order of its stages; of an elastic run's
/// recovered model by size.
std::vector<AnswerSet> recordedAnswers(const RunState& state, const RunSpec& spec);

}  // namespace skd
