#include "eval/text_blocks.h"

#include <algorithm>

namespace skd {

TextBlocks::TextBlocks(const EvalText& text, const std::vector<Window>& windows,
                       const EvalSettings& settings)
    : m_pages(settings.protocol == Protocol::LmEvalWikiText) {
    if (m_pages) {
        m_size = text.pages.size();
        return;
    }
    m_begin = windows.front().begin;
    m_length = windows.back().begin + windows.back().length - m_begin;
    m_size = static_cast<std::size_t>(std::max<std::int64_t>(1, m_length / settings.context));
}

std::size_t TextBlocks::blockOf(const Window& window, std::int64_t token) const {
    if (m_pages) return static_cast<std::size_t>(window.page);
    return static_cast<std::size_t>((token - m_begin) * static_cast<std::int64_t>(m_size) /
                                    m_length);
}

RatioError TextBlocks::error(std::span<const double> values,
                             std::span<const double> weights) const {
    std::vector<Cluster> clusters;
    clusters.reserve(m_size);
    for (std::size_t i = 0; i < m_size; ++i)
        clusters.push_back({values[i], weights[i], !m_pages && i > 0});
    return ratioError(clusters);
}

BlockSums TextBlocks::sums(std::vector<double> values, std::vector<double> weights,
                           const EvalText& text) const {
    return {std::move(values), std::move(weights), m_pages, text.scoredSha256, {}};
}

BlockLosses::BlockLosses(TextBlocks blocks)
    : m_blocks(blocks), m_losses(blocks.size()), m_tokens(blocks.size()) {}

void BlockLosses::add(const Window& window, std::span<const std::int64_t> tokens,
                      std::span<const double> losses) {
    const double share =
        static_cast<double>(window.weight()) / static_cast<double>(window.scored());
    for (std::size_t i = 0; i < losses.size(); ++i) {
        const std::size_t block = m_blocks.blockOf(window, tokens[i]);
        m_losses[block] += share * losses[i];
        m_tokens[block] += share;
    }
}

}  // namespace skd
