#include "bench/step_profile.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "bench/flops.h"
#include "bench/student.h"
#include "bench/world.h"
#include "eval/profile/flops.h"
#include "eval/profile/kernel_profiler.h"
#include "model/module_scope.h"
#include "requests/tools.h"

namespace skd::bench {
namespace {

struct PartSum {
    double seconds = 0, calls = 0;
};
using PartSums = std::map<std::string, PartSum>;

std::string partName(std::optional<StepPhase> phase, Module module) {
    constexpr std::string_view kPrefix = "step.";
    if (!phase) return "other";
    std::string name = std::string(enumName(*phase)).substr(kPrefix.size());
    if (*phase != StepPhase::Forward && *phase != StepPhase::Backward) return name;
    return strCat(name, ".", enumName(isAttributed(module) ? module : Module::Other));
}

/// Self times of the records of one step, which lie in the order in which they began.
PartSums sumsOf(const std::vector<ProfileRecord>& records) {
    struct Enclosing {
        std::int64_t endNs;
        std::optional<StepPhase> phase;
    };
    std::vector<Enclosing> open;
    PartSums sums;
    for (const ProfileRecord& record : records) {
        while (!open.empty() && open.back().endNs <= record.beginNs) open.pop_back();
        std::optional<StepPhase> phase = open.empty() ? std::nullopt : open.back().phase;
        if (StepPhase own{}; record.scope && parseEnum(record.name, own)) phase = own;
        open.push_back({record.endNs, phase});
        PartSum& sum = sums[partName(phase, record.module)];
        sum.seconds += static_cast<double>(record.selfNs) * 1e-9;
        sum.calls += 1;
    }
    return sums;
}

/// FLOPs by the name of a part; the backward pass has twice the forward pass'.
std::map<std::string, double> partFlops(const Decoder& model, const StepShape& shape) {
    std::map<std::string, double> flops;
    for (const auto& [module, count] : forwardFlops(model, shape.samples, shape.length)) {
        if (module == Module::Head) continue;
        flops[partName(StepPhase::Forward, module)] = count;
        flops[partName(StepPhase::Backward, module)] = 2 * count;
    }
    flops[partName(StepPhase::Head, Module::Head)] = 3 * headFlops(model, shape.positions());
    return flops;
}

std::vector<StepPart> partsOf(const std::vector<PartSums>& rounds,
                              const std::map<std::string, double>& flops) {
    std::map<std::string, std::pair<std::vector<double>, double>> byName;
    for (const PartSums& round : rounds)
        for (const auto& [name, sum] : round) {
            byName[name].first.push_back(sum.seconds);
            byName[name].second += sum.calls;
        }
    std::vector<StepPart> parts;
    double total = 0;
    for (const auto& [name, values] : byName) {
        StepPart part{name, Spread::of(values.first), 0,
                      values.second / static_cast<double>(rounds.size()), 0};
        if (const auto found = flops.find(name); found != flops.end()) part.flops = found->second;
        total += part.seconds.median;
        parts.push_back(std::move(part));
    }
    for (StepPart& part : parts) part.share = part.seconds.median / total;
    std::ranges::stable_sort(parts, std::ranges::greater(),
                             [](const StepPart& part) { return part.seconds.median; });
    return parts;
}

/// One step with its records.
Result<PartSums> profiledStep(Student& student, KernelProfiler& profiler) {
    SKD_CHECK(profiler.start());
    Status done;
    {
        const ModuleScope outermost(Module::Gap);
        if (const auto loss = student.step(); !loss) done = fail(loss.error());
    }
    const std::vector<ProfileRecord> records = profiler.stop();
    SKD_CHECK(done);
    return sumsOf(records);
}

}  // namespace

Result<StepProfile> profileStep(const StepProfileRequest& request, const RunContext& context) {
    if (request.samples < 1 || request.length < 1 || request.rounds < 1)
        return fail(ErrorCode::InvalidInput,
                    "batch, length and rounds of a step's profile must be at least 1");
    const BenchRequest bench{
        .model = request.model, .text = request.text, .rounds = request.rounds};
    SKD_TRY(const std::unique_ptr<World> world, World::open(bench, context));
    SKD_TRY(const OpenModel* open, world->model());
    const StepShape shape{request.samples, request.length, request.topK, 0};
    SKD_TRY(std::vector<TokenId> ids, world->ids(shape.ids()));
    SKD_TRY(const std::unique_ptr<Student> student,
            Student::make(open->decoder, std::move(ids), shape, world->freshPath("teacher")));
    const std::unique_ptr<KernelProfiler> profiler = makeRecordFunctionProfiler();
    SKD_CHECK(profiledStep(*student, *profiler));
    std::vector<PartSums> rounds;
    std::vector<double> wall, probe;
    for (std::int64_t i = 0; i < request.rounds && !context.cancelled(); ++i) {
        probe.push_back(world->gemm());
        SKD_TRY(PartSums sums, profiledStep(*student, *profiler));
        double seconds = 0;
        for (const auto& [name, sum] : sums) seconds += sum.seconds;
        wall.push_back(seconds);
        rounds.push_back(std::move(sums));
    }
    StepProfile profile{.machine = environmentRecord(),
                        .model = request.model.path,
                        .dtype = student->model().dtypeName(),
                        .method = profiler->method(),
                        .samples = request.samples,
                        .length = request.length,
                        .topK = request.topK,
                        .rounds = static_cast<std::int64_t>(rounds.size()),
                        .wall = Spread::of(wall),
                        .gemmFlops = Spread::of(probe).median};
    profile.cancelled = context.stop.stop_requested();
    profile.boundShare = stepFlops(student->model(), shape.samples, shape.length) /
                         profile.gemmFlops / profile.wall.median;
    if (!rounds.empty()) profile.parts = partsOf(rounds, partFlops(student->model(), shape));
    return profile;
}

Json StepProfile::toJson() const {
    Json list = Json::array();
    for (const StepPart& part : parts)
        list.push_back({{"name", part.name},
                        {"seconds", spreadJson(part.seconds)},
                        {"share", part.share},
                        {"calls", part.calls},
                        {"flops", part.flops},
                        {"gflops_per_second", part.flops / part.seconds.median / 1e9}});
    return {{"format", "sparsekd-step-profile"},
            {"version", 1},
            {"machine", machine},
            {"model", model},
            {"dtype", dtype},
            {"method", method},
            {"samples", samples},
            {"length", length},
            {"top_k", topK},
            {"rounds", rounds},
            {"wall", spreadJson(wall)},
            {"gemm_gflops", gemmFlops / 1e9},
            {"bound_share", boundShare},
            {"cancelled", cancelled},
            {"parts", std::move(list)}};
}

}  // namespace skd::bench
