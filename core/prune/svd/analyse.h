#pragma once

#include "corpus/corpus.h"
#include "prune/shared/gram.h"
#include "prune/shared/model_output.h"
#include "prune/svd/spectrum_cache.h"
#include "spec/prune_spec.h"

namespace skd {

/// What an analysis is made from.
struct AnalysisInput {
    ModelSummary model;
    CalibrationSet calibration;
    CalibrationSet fisher;  ///< for the output gradients; may share sequences with `calibration`
    std::vector<at::Tensor> probeSequences;
    std::string corpusSha256;
    std::string identity = {};  ///< of the model, in keys of the cache: what its weights do not say
    /// On the probe sequences: what divergences are measured from. None: the model that is
    /// analysed.
    std::optional<ModelOutput> reference = {};
};
/// Calibration, Fisher and probe sequences out of a corpus: the first two take samples from the
/// front (the same ones), probes those after them (round the end where the corpus is short), so
/// that they differ.
AnalysisInput analysisInput(const ModelSummary& model, const Corpus& corpus, const PruneSpec& spec);

/// Spectra for display, decompositions for pruning.
struct AnalysisResult {
    AnalysisPtr analysis;                       ///< null when cancelled
    std::vector<Decomposition> decompositions;  ///< in the order of analysis->matrices
    std::vector<at::Tensor> probeSequences;     ///< for measuring again as the cut deepens
    std::vector<bool> fused;                ///< layers of which gate and up are one of the matrices
    std::vector<ChannelCut> channels = {};  ///< by layer; empty where spec.mlp_arm is factored
    std::optional<ModelOutput> reference = {};  ///< the input's
    std::optional<SpectrumCache> cache = {};
    std::string outputKey =
        {};  ///< for what is measured of the whole output on the probe sequences
};

/// Decomposes the target matrices of `model` under spec.truncation and, where spec asks for
/// measured weights, measures the load path; both from the cache where it has them. `model` may
/// hold factors from an earlier round. With spec.gate_up = fused, gate and up are taken as one
/// matrix; with per-layer, in each layer where neither is factored both ways are decomposed, and
/// the one whose discarded energy is smaller when both have (1 - target) of the parameters is
/// taken. With spec.mlp_arm other than factored the channels of dense MLPs are analysed as well.
/// Emits AnalysisReady.
Result<AnalysisResult> analyse(const Decoder& model, const PruneSpec& spec,
                               const AnalysisInput& input, const SpectrumCache& cache,
                               const RunContext& context);

}  // namespace skd
