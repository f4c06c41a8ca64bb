#include "run/inference.h"

#include <array>

#include "eval/benchmark.h"
#include "eval/profile/profile.h"
#include "run/stage_scope.h"
#include "store/measurement_codec.h"

namespace skd {
namespace {

constexpr const char* kBenchmark = "benchmark";
constexpr const char* kProfile = "profile";
constexpr std::array kTimedModels{"dense", "final"};

bool isBenchmarkLeft(const RunWork& work) {
    return !work.spec.inference.batches.empty() && !work.state.find(kBenchmark);
}
bool isProfileLeft(const RunWork& work) {
    return work.spec.inference.profileBatch > 0 && !work.state.find(kProfile);
}

/// As it is read back: what is not a number becomes null.
Status keepTimes(RunWork& work, const char* key, const Json& report) {
    SKD_TRY(Json plain, parseJson(dumpJson(report)));
    return work.conclude(key, std::move(plain));
}

Status benchmarkBoth(RunWork& work, const Decoder& start) {
    const InferenceSpec& spec = work.spec.inference;
    StageScope stage(work.context, Stage::Evaluate,
                     "time to first token, time per token and memory");
    SKD_TRY(const BenchmarkReport report,
            benchmark({{kTimedModels[0], start}, {kTimedModels[1], work.student.decoder}},
                      {spec.batches, spec.prompt, spec.generate, spec.rounds}, work.context));
    if (report.cancelled) return work.stop();
    stage.finish();
    return keepTimes(work, kBenchmark, benchmarkJson(report));
}

Status profileBoth(RunWork& work, const Decoder& start) {
    const InferenceSpec& spec = work.spec.inference;
    StageScope stage(work.context, Stage::Evaluate, "time by part of the decoder");
    const std::array<const Decoder*, 2> models{&start, &work.student.decoder};
    SKD_TRY(ProfileReport report,
            measureProfile(models, {spec.profileBatch, spec.profileLength, spec.rounds, 1},
                           work.context));
    if (report.cancelled || report.models.size() != models.size()) return work.stop();
    for (std::size_t i = 0; i < models.size(); ++i) {
        report.models[i].name = kTimedModels[i];
        report.models[i].operators.clear();  // too many for a run's record
    }
    stage.finish();
    return keepTimes(work, kProfile, profileJson(report, ProfileDetail::Summary));
}

}  // namespace

bool hasInferenceLeft(const RunWork& work) {
    return isBenchmarkLeft(work) || isProfileLeft(work);
}

Status timeInference(RunWork& work, const Decoder& start) {
    if (isBenchmarkLeft(work)) SKD_CHECK(benchmarkBoth(work, start));
    if (work.isStopped() || !isProfileLeft(work)) return {};
    return profileBoth(work, start);
}

void addInference(const RunState& state, RunSummary& summary) {
    summary.benchmark = state.find(kBenchmark).value_or(Json());
    summary.profile = state.find(kProfile).value_or(Json());
}

}  // namespace skd
