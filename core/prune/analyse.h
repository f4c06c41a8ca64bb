#pragma once

#include "events/run_context.h"
#include "model/decoder.h"
#include "prune/gram.h"
#include "prune/spectrum_cache.h"
#include "spec/prune_spec.h"

namespace skd {

/// What an analysis is made from; hashes go into the cache's key.
struct AnalysisInput {
    ModelSummary model;
    CalibrationSet calibration;
    std::vector<at::Tensor> probeSequences;
    std::string corpusSha256;
};

/// Spectra for people, decompositions for pruning.
struct AnalysisResult {
    AnalysisPtr analysis;                       ///< null when cancelled
    std::vector<Decomposition> decompositions;  ///< in the order of analysis->matrices
};

/// Decomposes every MLP matrix under spec.truncation and, where spec asks for measured weights,
/// measures the load path; both from the cache where it has them. Emits AnalysisReady.
Result<AnalysisResult> analyse(const Decoder& model, const PruneSpec& spec, const AnalysisInput& input, const SpectrumCache& cache,
                               const RunContext& context);

}  // namespace skd
