#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "model/decoder.h"

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

/// What must be equal on this machine for a training of `student` to have the same bits.
Json machineOf(const Decoder& student);

}  // namespace skd
