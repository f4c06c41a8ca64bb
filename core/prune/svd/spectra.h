#pragma once

#include <string>
#include <utility>
#include <vector>

#include "prune/svd/analyse.h"

namespace skd {

/// A model's decompositions, the matrices they are of, and the key they are kept under.
struct Spectra {
    std::vector<MatrixInfo> infos;
    std::string key;
    SpectrumCache::Entry entry;  ///< without decompositions when cancelled
};

using CacheAndContext = std::pair<const SpectrumCache&, const RunContext&>;

/// The decompositions of a model's matrices as they are, from the cache or made and kept there.
/// Without decompositions when cancelled; Numeric, naming the matrix, where one has none.
Result<Spectra> spectraOf(const Decoder& model, const PruneSpec& spec, const AnalysisInput& input,
                          const CacheAndContext& around);

/// The same with gate and up fused in those layers of `model` where their stack discards less at
/// prune.target than the two on their own (resources/help/method.md, Gate and up). Layers with a
/// factored one stay as they are.
Result<Spectra> spectraByGateUp(Decoder& model, const PruneSpec& spec, const AnalysisInput& input,
                                const CacheAndContext& around);

}  // namespace skd
