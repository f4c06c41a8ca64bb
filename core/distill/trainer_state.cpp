#include "distill/trainer_state.h"

#include <ATen/Parallel.h>
#include <torch/headeronly/version.h>

#include "base/instruction_set.h"
#include "base/members.h"

namespace skd {

namespace {

constexpr std::int64_t kMostMicroBatch = std::int64_t{1} << 31;

}  // namespace

Result<TrainerState> TrainerState::fromJson(const Json& json, std::int64_t step) {
    TrainerState state;
    SKD_CHECK(takeMember(json, "identity", state.identity));
    SKD_CHECK(takeMember(json, "machine", state.machine));
    SKD_CHECK(takeNumber(json, "optimiser_steps", 0, step, state.optimiserSteps));
    // Absent before weights were averaged and rates found.
    if (json.contains("averaged")) SKD_CHECK(takeNumber(json, "averaged", 0, step, state.averaged));
    state.learningRate = valueOr(json, "learning_rate", Json());
    state.elastic = valueOr(json, "elastic", Json());
    SKD_CHECK(takeNumber(json, "micro_batch", 1, kMostMicroBatch, state.microBatch));
    SKD_CHECK(takeNumber(json, "evaluated", -1, step, state.evaluated));
    SKD_CHECK(takeNumber(json, "bad_in_a_row", 0, step + 1, state.badInARow));
    SKD_CHECK(takeNumber(json, "skipped", 0, step + 1, state.skipped));
    SKD_CHECK(takeMember(json, "finished", state.finished));
    SKD_CHECK(takeMember(json, "stop_reason", state.stopReason));
    SKD_CHECK(takeMember(json, "stopping", state.stopping));
    SKD_CHECK(takeMember(json, "gradient_norms", state.gradientNorms));
    return state;
}

Json machineOf(const Decoder& student) {
    return {{"threads", at::get_num_threads()},
            {"arithmetic", student.arithmeticName()},
            {"libtorch", TORCH_VERSION},
            {"instructions", processInstructions()},
            {"program", SKD_VERSION}};
}

}  // namespace skd
