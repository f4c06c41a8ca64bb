#pragma once

#include <array>

#include "base/result.h"

namespace skd {

/// Vector instructions that kernels are compiled for: Baseline is plain x86-64 (any processor that
/// is not x86), Avx2 is x86-64-v3 (with FMA, BMI2 and F16C), Avx512 is x86-64-v4.
enum class InstructionSet { Baseline, Avx2, Avx512 };

/// "baseline", "avx2" or "avx512": the words that SKD_ISA takes.
const char* instructionSetName(InstructionSet set);

/// The best set that the processor and the operating system offer.
InstructionSet machineInstructionSet();

/// The set that `limit`, a value of SKD_ISA, allows on a machine with `machine`; null or empty: the
/// machine's own. InvalidInput where the word is unknown or above the machine.
Result<InstructionSet> limitedInstructionSet(const char* limit, InstructionSet machine);

/// The set that this process uses: the machine's, limited by the environment variable SKD_ISA. The
/// same during the whole process. prepareProcess has refused values that do not hold; a program
/// that has not called it uses the machine's own in their place.
InstructionSet instructionSet();

/// Whether AVX-512 instructions on bfloat16 may be used: the processor has them and SKD_ISA is not
/// set (SKD_ISA=avx512 is AVX-512 without them).
bool hasBfloat16Instructions();

/// What this process computes with, for records: instructionSetName(), "avx512-bf16" with bfloat16
/// instructions.
const char* processInstructions();

/// An environment variable and its value.
struct EnvironmentSetting {
    const char* name;
    const char* value;
};

/// What keeps LibTorch's own kernels, oneDNN and MKL within `set`. oneDNN and MKL then skip
/// bfloat16 and tile instructions as well. (MKL heeds MKL_ENABLE_INSTRUCTIONS on Intel processors
/// only; on AMD's it multiplies floats with AVX2 at every level but the baseline, and without a
/// limit too.)
std::array<EnvironmentSetting, 3> libraryLimits(InstructionSet set);

}  // namespace skd
