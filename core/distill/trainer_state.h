#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "distill/trainer.h"

namespace skd {

/// What a checkpoint of the trainer says beside its tensors.
struct TrainerState {
    Json identity, machine;  ///< of the run, and what must be equal for the same bits
    std::int64_t optimiserSteps = 0, averaged = 0, microBatch = 1, evaluated = -1;
    std::int64_t badInARow = 0, skipped = 0;
    bool finished = false;
    std::string stopReason;
    Json stopping, gradientNorms, learningRate;  ///< of their own classes
    Json elastic;  ///< sizes and the choice over them; null of a student of one size

    /// Corrupt where a member is missing, of another type or beyond what `step` steps can have led
    /// to.
    static Result<TrainerState> fromJson(const Json& json, std::int64_t step);
};

/// Whether a training can begin: the teacher serves it, the vocabulary holds the corpus, memory the
/// step.
Status checkTraining(const Decoder& student, const Corpus& corpus, const TeacherSignal& teacher,
                     const DistillSpec& spec);
/// Unsupported, InvalidInput: what several processes cannot train.
Status checkTogether(const DistillEnvironment& environment, const DistillSpec& spec,
                     const RunContext& context);

/// What must be equal for a checkpoint to be resumed from, but for an elastic student's
/// sizes.
Json identityOf(const DistillEnvironment& environment, const DistillSpec& spec,
                const Corpus& corpus, const TeacherSignal& teacher, std::uint64_t seed);
/// The error of a folder whose checkpoints have another identity.
Status ofAnotherRun(const std::filesystem::path& folder);

/// What must be equal for a training of `student` by so many processes to have the same bits.
Json machineOf(const Decoder& student, int processes = 1);
/// A warning where a checkpoint was written by another machine.
void tellMachine(const Json& then, const Json& now, const RunContext& context);

}  // namespace skd
