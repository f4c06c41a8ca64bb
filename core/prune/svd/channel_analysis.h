#pragma once

#include "prune/svd/analyse.h"

namespace skd {

/// True where all matrices of the layer's MLP are dense: rows of factors are no channels.
bool canBeNarrowed(const DecoderLayer& layer);
/// The spec asks for narrower MLPs, and a layer has one that could be narrowed.
bool wantsChannels(const Decoder& model, const PruneSpec& spec);

/// Adds the channels of layers up to `range.end` to `entry`, which holds the decompositions of
/// their matrices (`infos`): the loss is in the metric that down was decomposed under.
Status addChannelCuts(const Decoder& model, const LayerRange& range,
                      const std::vector<LayerGram>& grams, const std::vector<MatrixInfo>& infos,
                      double ridge, SpectrumCache::Entry& entry);

/// What an analysis keeps of the cuts, without probes.
std::vector<ChannelSpectrum> channelSpectra(const Decoder& model,
                                            const std::vector<ChannelCut>& cuts);

/// The key of channel cuts beside the spectra of a key.
std::string channelsKey(const std::string& spectra, const PruneSpec& spec);

/// MLPs that are probed, each alone: narrowed, and with all its matrices cut.
struct ChannelPlan {
    MatrixSelection selection;        ///< the matrices, in the order of Decoder::matrices
    std::vector<std::int64_t> ranks;  ///< of each, for the probe of all of an MLP's together
    std::vector<std::size_t> layers;
    std::vector<std::vector<std::int64_t>> widths;  ///< of the layers, ascending
};
/// As measureLoadPath: KL to `model` of each layer of the plan with its MLP's matrices at their
/// ranks (rank 0 of the probes), then narrowed to each width. Empty when cancelled.
Result<SpectrumCache::Probes> measureChannels(const Decoder& model, const AnalysisResult& analysis,
                                              const ChannelPlan& plan, const RunContext& context);

/// A model whose channels are probed; `probesKey` is that of its matrices' probes.
struct ChannelProbing {
    const Decoder& model;
    const PruneSpec& spec;
    const AnalysisResult& result;
    const std::string& probesKey;
};
/// Gives `analysis`, which has the probes of its matrices, the KL of its MLPs narrowed alone, at
/// the shares of their width at which matrices are probed, and of all matrices of an MLP at their
/// probe ranks; from the cache where it has them. False when cancelled.
Result<bool> probeChannels(const ChannelProbing& probing, Analysis& analysis,
                           const SpectrumCache& cache, const RunContext& context);

}  // namespace skd
