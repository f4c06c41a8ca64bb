#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "eval/perplexity.h"
#include "library/model_source.h"
#include "model/head_scoring.h"
#include "prune/svd/prune.h"

namespace skd {

/// Measures what a rank profile does on a slice of the evaluation text: short windows spread over
/// it, each paired with the dense model's score on the same window. Hidden states before every
/// layer are kept from the last profile, so only layers from the first changed one on are run
/// again.
class PreviewBench {
public:
    PreviewBench(OpenModel model, AnalysisResult analysis, EvalText text, EvalSettings settings);

    /// Scores the dense model on the whole text (the estimate's anchor) and on the slice.
    Status prepare(const RunContext& context);
    /// Estimate of the perplexity of `ranks` with its 95 % interval; nothing when cancelled.
    Result<std::optional<PreviewReady>> measure(std::uint64_t serial,
                                                const std::vector<std::int64_t>& ranks,
                                                const RunContext& context);

    [[nodiscard]] const AnalysisPtr& analysis() const { return m_analysis.analysis; }
    [[nodiscard]] double densePerplexity() const { return m_densePerplexity; }

private:
    struct SliceWindow {
        at::Tensor ids;     ///< [1, length]
        at::Tensor labels;  ///< [scored]
        double denseNll = 0;
    };
    void cutSlice();
    void setRank(std::size_t matrix, std::int64_t rank);
    /// First layer whose ranks differ from the profile measured last; applies the new ranks.
    std::size_t adopt(const std::vector<std::int64_t>& ranks);
    /// Final hidden states of a window, from layer `first` on; false when cancelled.
    bool advance(std::size_t window, std::size_t first, at::Tensor& final,
                 const RunContext& context);
    [[nodiscard]] double scoreSlice(std::size_t window, const at::Tensor& final) const;

    OpenModel m_model;    ///< as loaded
    Decoder m_candidate;  ///< with the profile's factors
    AnalysisResult m_analysis;
    MatrixSelection m_selection{false, false};  ///< the analysis' matrices
    EvalText m_text;
    EvalSettings m_settings;
    double m_densePerplexity = 0, m_denseMean = 0;
    std::vector<SliceWindow> m_slice;
    std::vector<std::int64_t> m_ranks;
    std::vector<std::vector<at::Tensor>> m_states;  ///< [window][layer]
    std::size_t m_validLayers = 0;  ///< states before layers [0, this] belong to m_ranks
    std::unique_ptr<OutputDistribution> m_distribution;
    std::map<std::pair<std::size_t, std::int64_t>, LowRankWeight> m_factors;
};

}  // namespace skd
