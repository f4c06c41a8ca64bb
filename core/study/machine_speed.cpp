#include "study/machine_speed.h"

#include "base/resources.h"
#include "eval/compute_probe.h"
#include "library/model_source.h"
#include "requests/tools.h"

namespace skd {
namespace {

/// GFLOP/s of a probe at which StudyCost's rates hold. In f32 products are slower and what lies
/// between them is not, so that the same rate of products gives more tokens. Measured with
/// SmolLM2-135M on two cores: bf16 1,097 tokens/s forward at 435 GFLOP/s; f32 624 tokens/s forward
/// at 209, 95 trained at 99.
struct ReferenceRate {
    double forward, training;
};
constexpr ReferenceRate kBf16{790, 700}, kF32{660, 500};

}  // namespace

MachineSpeed machineSpeed(const ModelRef& ref) {
    const auto device = resolveDevice(ref.device);
    if (!device || !device->is_cpu()) return {};
    const ComputeProbe probe = computeProbe(userCacheFolder());
    const bool bf16 =
        ref.dtype == DTypeChoice::Bf16 || (ref.dtype == DTypeChoice::Auto && probe.prefersBf16());
    const double gflops = probe.gflops(bf16);
    const ReferenceRate& reference = bf16 ? kBf16 : kF32;
    return {gflops / reference.forward, gflops / reference.training};
}

std::vector<double> expectedSecondsHere(const StudyPlan& plan) {
    if (plan.runs.empty()) return {};
    return expectedSeconds(plan, machineSpeed(plan.runs.front().spec.model));
}

bool isOfThisMachine(const Json& environment) {
    const Json here = environmentRecord();
    if (!environment.is_object()) return false;
    for (const char* key : {"processor", "instructions", "libtorch"})
        if (environment.value(key, Json()) != here[key]) return false;
    return true;
}

}  // namespace skd
