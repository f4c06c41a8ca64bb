#include "run/preview.h"

#include <c10/core/GradMode.h>

#include <array>
#include <chrono>
#include <cmath>

#include "model/head_scoring.h"
#include "prune/svd/load_path.h"

namespace skd {
namespace {

constexpr std::int64_t kWindows = 8, kWindowTokens = 128;
/// Factors of this many (matrix, rank) pairs are kept; a whole profile is one per matrix.
constexpr std::size_t kKeptFactors = 1024;

/// 97.5 % quantiles of Student's t for 1 to 30 degrees of freedom.
double studentQuantile(std::size_t degrees) {
    static constexpr std::array<double, 30> kTable{
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
        2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
        2.080,  2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042};
    return degrees == 0 ? 0 : degrees <= kTable.size() ? kTable[degrees - 1] : 1.96;
}

}  // namespace

PreviewBench::PreviewBench(OpenModel model, AnalysisResult analysis, EvalText text,
                           EvalSettings settings)
    : m_model(std::move(model)),
      m_analysis(std::move(analysis)),
      m_text(std::move(text)),
      m_settings(settings) {
    for (const MatrixSpectrum& matrix : m_analysis.analysis->matrices) {
        const MatrixKind kind = matrix.info.kind;
        const bool attention = kind == MatrixKind::Query || kind == MatrixKind::Key ||
                               kind == MatrixKind::Value || kind == MatrixKind::Output;
        (attention ? m_selection.attention : m_selection.mlp) = true;
        if (kind == MatrixKind::GateUp) m_model.decoder.fuseGateUp();
    }
    m_candidate = m_model.decoder;
    m_ranks.assign(m_analysis.analysis->matrices.size(), 0);
    cutSlice();
}

void PreviewBench::cutSlice() {
    const auto tokens = static_cast<std::int64_t>(m_text.ids.size());
    const std::int64_t length = std::min(kWindowTokens, tokens);
    const std::int64_t windows = std::clamp<std::int64_t>(tokens / length, 1, kWindows);
    for (std::int64_t i = 0; i < windows; ++i) {
        const std::int64_t begin = windows == 1 ? 0 : (tokens - length) * i / (windows - 1);
        std::vector<std::int64_t> ids;
        if (m_settings.bos && m_text.bos) ids.push_back(static_cast<std::int64_t>(*m_text.bos));
        for (std::int64_t j = 0; j < length; ++j)
            ids.push_back(
                static_cast<std::int64_t>(m_text.ids[static_cast<std::size_t>(begin + j)]));
        const at::Tensor tensor = at::tensor(ids, at::kLong).to(m_model.decoder.device());
        m_slice.push_back({tensor.unsqueeze(0), tensor.narrow(0, 1, tensor.size(0) - 1), 0});
    }
    m_states.assign(m_slice.size(), std::vector<at::Tensor>(m_model.decoder.layers.size()));
    const c10::NoGradGuard noGradient;
    for (std::size_t w = 0; w < m_slice.size(); ++w)
        m_states[w][0] = m_model.decoder.embed(m_slice[w].ids);
}

double PreviewBench::scoreSlice(std::size_t window, const at::Tensor& final) const {
    const at::Tensor rows = final[0].narrow(0, 0, m_slice[window].labels.size(0));
    return scoreTokens(rows, m_candidate.head, m_slice[window].labels).sum().item<double>();
}

bool PreviewBench::advance(std::size_t window, std::size_t first, at::Tensor& final,
                           const RunContext& context) {
    at::Tensor hidden = m_states[window][first];
    for (std::size_t layer = first; layer < m_candidate.layers.size(); ++layer) {
        if (context.cancelled()) return false;
        m_states[window][layer] = hidden;
        hidden = m_candidate.runLayers(hidden, layer, layer + 1);
    }
    final = m_candidate.normalise(hidden);
    return true;
}

Status PreviewBench::prepare(const RunContext& context) {
    const c10::NoGradGuard noGradient;
    for (std::size_t w = 0; w < m_slice.size(); ++w) {
        at::Tensor final;
        if (!advance(w, 0, final, context)) return {};
        m_slice[w].denseNll = scoreSlice(w, final);
        if (w == 0)
            m_distribution = std::make_unique<OutputDistribution>(final[0], m_candidate.head);
    }
    m_validLayers = m_candidate.layers.size() - 1;
    SKD_TRY(const EvalReport dense, perplexity(m_model.decoder, m_text, m_settings, context));
    m_densePerplexity = dense.tokenPerplexity;
    m_denseMean = dense.nllSum / static_cast<double>(dense.scoredTokens);
    return {};
}

void PreviewBench::setRank(std::size_t matrix, std::int64_t rank) {
    Linear* linear = m_candidate.matrices(m_selection)[matrix];
    Linear* original = m_model.decoder.matrices(m_selection)[matrix];
    if (rank == 0) return linear->replace(original->form());
    if (m_factors.size() > kKeptFactors) m_factors.clear();
    auto found = m_factors.find({matrix, rank});
    if (found == m_factors.end()) {
        const Linear::Form form = formAt(*original, m_analysis.decompositions[matrix], rank);
        found = m_factors.emplace(std::pair{matrix, rank}, std::get<LowRankWeight>(form)).first;
    }
    linear->replace(found->second);
}

std::size_t PreviewBench::adopt(const std::vector<std::int64_t>& ranks) {
    std::size_t first = m_candidate.layers.size() - 1;
    for (std::size_t i = 0; i < ranks.size(); ++i) {
        if (ranks[i] == m_ranks[i]) continue;
        first = std::min(
            first, static_cast<std::size_t>(m_analysis.analysis->matrices[i].info.layer.value()));
        setRank(i, ranks[i]);
    }
    m_ranks = ranks;
    return std::min(first, m_validLayers);
}

Result<std::optional<PreviewReady>> PreviewBench::measure(std::uint64_t serial,
                                                          const std::vector<std::int64_t>& ranks,
                                                          const RunContext& context) {
    if (ranks.size() != m_ranks.size())
        return fail(ErrorCode::InvalidInput, "the rank profile does not fit the open model");
    const auto begin = std::chrono::steady_clock::now();
    const c10::NoGradGuard noGradient;
    const std::size_t first = adopt(ranks);
    m_validLayers = first;  // until every window has been advanced
    PreviewReady ready{.serial = serial, .densePerplexity = m_densePerplexity};
    std::vector<double> differences;
    std::vector<std::int64_t> tokens;
    for (std::size_t w = 0; w < m_slice.size(); ++w) {
        at::Tensor final;
        if (!advance(w, first, final, context)) return std::optional<PreviewReady>{};
        differences.push_back(scoreSlice(w, final) - m_slice[w].denseNll);
        tokens.push_back(m_slice[w].labels.size(0));
        ready.tokens += tokens.back();
        if (w == 0 && m_distribution) ready.kl = m_distribution->meanKl(final[0], m_candidate.head);
    }
    m_validLayers = m_candidate.layers.size() - 1;
    double sum = 0;
    for (const double difference : differences) sum += difference;
    const double mean = m_denseMean + sum / static_cast<double>(ready.tokens);
    const double half =
        studentQuantile(differences.size() - 1) * clusterStandardError(differences, tokens);
    ready.perplexity = std::exp(mean);
    ready.low = std::exp(mean - half);
    ready.high = std::exp(mean + half);
    ready.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return std::optional<PreviewReady>{ready};
}

}  // namespace skd
