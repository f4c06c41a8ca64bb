#pragma once

#include <vector>

#include "events/run_context.h"
#include "model/decoder.h"
#include "prune/decomposition.h"
#include "prune/spectrum_cache.h"

namespace skd {

struct ProbeOptions {
    double fraction = 0.5;      ///< probe rank as a share of break-even
    std::int64_t multiple = 16;
};

/// The load-path map: for each MLP matrix alone at its probe rank, mean KL of the output to the dense
/// model's on `sequences` ([length] int64 each), nats per token (METHOD.md section 3). Hidden states
/// in front of every layer are kept, so a probe reruns only the layers from its own on. Ranks stay
/// empty when cancelled.
Result<SpectrumCache::Probes> measureLoadPath(const Decoder& model, const std::vector<Decomposition>& decompositions,
                                              const std::vector<at::Tensor>& sequences, const ProbeOptions& options, const RunContext& context);

}  // namespace skd
