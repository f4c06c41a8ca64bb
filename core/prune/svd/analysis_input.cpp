#include "prune/svd/analysis_input.h"

#include <algorithm>

namespace skd {
namespace {

/// Samples from `first` on until they hold `tokens`; padding is skipped. Each sample at most once.
std::vector<at::Tensor> sequences(const Corpus& corpus, std::int64_t first, std::int64_t tokens) {
    std::vector<at::Tensor> taken;
    for (std::int64_t i = 0, have = 0; i < corpus.samples() && have < tokens; ++i) {
        const std::int64_t index = (first + i) % corpus.samples();
        const auto sample =
            corpus.sample(index).first(static_cast<std::size_t>(corpus.length(index)));
        const std::vector<std::int64_t> ids(sample.begin(), sample.end());
        if (ids.size() < 2) continue;
        taken.push_back(at::tensor(ids, at::kLong));
        have += static_cast<std::int64_t>(ids.size());
    }
    return taken;
}

}  // namespace

AnalysisInput analysisInput(const ModelSummary& model, const Corpus& corpus,
                            const PruneSpec& spec) {
    AnalysisInput input{.model = model, .corpusSha256 = corpus.sha256()};
    input.calibration = {sequences(corpus, 0, spec.calibrationTokens), spec.skipFirstPosition};
    std::size_t used = input.calibration.sequences.size();
    if (spec.truncation == Truncation::Fisher) {
        input.fisher = {sequences(corpus, 0, spec.fisherTokens), spec.skipFirstPosition};
        used = std::max(used, input.fisher.sequences.size());
    }
    input.probeSequences = sequences(corpus, static_cast<std::int64_t>(used), spec.probeTokens);
    return input;
}

}  // namespace skd
