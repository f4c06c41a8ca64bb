#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "distill/memory_shape.h"
#include "spec/run_spec.h"
#include "store/run_paths.h"

namespace skd {

/// Memory sizes of accelerators that are asked about, GiB.
inline constexpr std::array<int, 4> kCardSizes{12, 16, 24, 80};
/// What a context and its libraries keep of each.
inline constexpr std::int64_t kCardReserve = 600ll << 20;

/// What a run's distillation holds on an accelerator, at its largest: the student of the first
/// round in the spec's type (auto: bf16), and what training takes besides.
struct DeviceMemory {
    std::int64_t parameters = 0;  ///< of the model before pruning
    std::int64_t weights = 0;     ///< bytes of the student's
    std::int64_t microBatch = 1;
    DistillMemory training;
    [[nodiscard]] std::int64_t total() const { return weights + training.total(); }
};

/// Whether an accelerator's memory holds a run's distillation, as it is or changed.
struct CardFit {
    int gibibytes = 0;
    bool fits = false;                 ///< with `changes`
    std::vector<std::string> changes;  ///< as --set takes them; none: as it is, or none helps
    std::int64_t bytes = 0;            ///< with them
};

/// Where the memory of a run's distillation goes.
struct MemoryTable {
    DeviceMemory memory;
    std::vector<CardFit> cards;
    [[nodiscard]] Json toJson() const;
};

/// Arithmetic from the header of the spec's model; nothing is loaded. Changes are tried one after
/// the other in this order and added up until it fits: activations computed again, micro-batches
/// halved, cached teacher probabilities instead of an online teacher, no average, moments of 8
/// bits, shorter sequences.
Result<MemoryTable> memoryTable(const RunSpec& spec, const RunPaths& paths);

/// Its parts by name, in bytes, as tables show them.
std::vector<std::pair<const char*, std::int64_t>> memoryParts(const DeviceMemory& memory);

}  // namespace skd
