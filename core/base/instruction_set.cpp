#include "base/instruction_set.h"

#include <cstdlib>
#include <string_view>

#include "base/text.h"

namespace skd {
namespace {

struct Known {
    const char* name;
    std::array<EnvironmentSetting, 3> limits;
};
/// In the order of InstructionSet.
constexpr std::array<Known, 3> kSets{{{"baseline",
                                       {{{"ATEN_CPU_CAPABILITY", "default"},
                                         {"ONEDNN_MAX_CPU_ISA", "SSE41"},
                                         {"MKL_CBWR", "COMPATIBLE"}}}},
                                      {"avx2",
                                       {{{"ATEN_CPU_CAPABILITY", "avx2"},
                                         {"ONEDNN_MAX_CPU_ISA", "AVX2"},
                                         {"MKL_ENABLE_INSTRUCTIONS", "AVX2"}}}},
                                      {"avx512",
                                       {{{"ATEN_CPU_CAPABILITY", "avx512"},
                                         {"ONEDNN_MAX_CPU_ISA", "AVX512_CORE"},
                                         {"MKL_ENABLE_INSTRUCTIONS", "AVX512"}}}}}};

}  // namespace

const char* instructionSetName(InstructionSet set) {
    return kSets[static_cast<std::size_t>(set)].name;
}

InstructionSet machineInstructionSet() {
#if defined(__x86_64__) && defined(__clang__) && __clang_major__ < 18
    // It does not know the levels by their names; no processor has these without the rest.
    const bool hasV3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                       __builtin_cpu_supports("bmi2");
    if (hasV3 && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd"))
        return InstructionSet::Avx512;
    if (hasV3) return InstructionSet::Avx2;
#elif defined(__x86_64__)
    if (__builtin_cpu_supports("x86-64-v4")) return InstructionSet::Avx512;
    if (__builtin_cpu_supports("x86-64-v3")) return InstructionSet::Avx2;
#endif
    return InstructionSet::Baseline;
}

Result<InstructionSet> limitedInstructionSet(const char* limit, InstructionSet machine) {
    const std::string_view word = limit == nullptr ? "" : limit;
    if (word.empty()) return machine;
    for (std::size_t i = 0; i < kSets.size(); ++i) {
        if (word != kSets[i].name) continue;
        const auto set = static_cast<InstructionSet>(i);
        if (set <= machine) return set;
        return fail(ErrorCode::InvalidInput,
                    strCat("SKD_ISA=", word, " is more than this machine has: it goes up to ",
                           instructionSetName(machine)));
    }
    return fail(ErrorCode::InvalidInput,
                strCat("SKD_ISA=", word, " is not known; it must be baseline, avx2 or avx512"));
}

InstructionSet instructionSet() {
    static const InstructionSet set = [] {
        const InstructionSet machine = machineInstructionSet();
        return limitedInstructionSet(std::getenv("SKD_ISA"), machine).value_or(machine);
    }();
    return set;
}

bool hasBfloat16Instructions() {
#if defined(__x86_64__)
    const char* limit = std::getenv("SKD_ISA");
    return (limit == nullptr || *limit == '\0') && __builtin_cpu_supports("avx512bf16");
#else
    return false;
#endif
}

const char* processInstructions() {
    return hasBfloat16Instructions() ? "avx512-bf16" : instructionSetName(instructionSet());
}

std::array<EnvironmentSetting, 3> libraryLimits(InstructionSet set) {
    return kSets[static_cast<std::size_t>(set)].limits;
}

}  // namespace skd
