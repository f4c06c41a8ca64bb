#include "distill/trainer_state.h"

#include <ATen/Parallel.h>
#include <torch/headeronly/version.h>

#include "base/hash.h"
#include "base/instruction_set.h"
#include "base/members.h"
#include "base/text.h"
#include "distill/memory_estimate.h"
#include "model/parallel/communicator.h"
#include "spec/spec_identity.h"

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

Status checkTraining(const Decoder& student, const Corpus& corpus, const TeacherSignal& teacher,
                     const DistillSpec& spec) {
    SKD_CHECK(teacher.check(spec, corpus, student));
    SKD_CHECK(checkVocabulary(corpus, student.head.size(0), "student's"));
    return checkMemory(student, corpus, spec, teacher);
}

Status checkTogether(const DistillEnvironment& environment, const DistillSpec& spec,
                     const RunContext& context) {
    if (context.devices == nullptr) return {};
    const int size = context.devices->size();
    if (environment.elastic != nullptr)
        return fail(ErrorCode::Unsupported,
                    strCat("an elastic student is trained by one process, not by ", size,
                           ": its draws of sizes are of one; start it without torchrun"));
    if (spec.batch >= size) return {};
    return fail(ErrorCode::InvalidInput,
                strCat("\"distill.batch\" is ", spec.batch, ", fewer samples than the ", size,
                       " processes that share them; give each one at least"));
}

Json identityOf(const DistillEnvironment& environment, const DistillSpec& spec,
                const Corpus& corpus, const TeacherSignal& teacher, std::uint64_t seed) {
    return {{"spec", environment.specSha256},
            {"distill", sha256Hex(dumpJson(specIdentity(spec)))},
            {"seed", seed},
            {"corpus", corpus.sha256()},
            {"first_step", environment.firstStep},
            {"teacher", teacher.identity()}};
}

Status ofAnotherRun(const std::filesystem::path& folder) {
    return fail(ErrorCode::InvalidInput,
                strCat("the checkpoints in ", folder.string(),
                       " belong to a run with another spec, seed, corpus or teacher; "
                       "delete the folder to start again"));
}

Json machineOf(const Decoder& student, int processes) {
    Json json{{"threads", at::get_num_threads()},
              {"arithmetic", student.arithmeticName()},
              {"libtorch", TORCH_VERSION},
              {"instructions", processInstructions()},
              {"program", SKD_VERSION}};
    if (processes > 1) json["processes"] = processes;
    return json;
}

void tellMachine(const Json& then, const Json& now, const RunContext& context) {
    if (then == now) return;
    context.log(log::Level::Warning,
                strCat("the checkpoint was written with ", dumpJson(then), ", this is ",
                       dumpJson(now), ": the result will be close, not the same bits"));
}

}  // namespace skd
