#pragma once

#include <span>
#include <vector>

#include "base/statistics.h"
#include "eval/windows.h"
#include "results/block_sums.h"

namespace skd {

/// The text that windows score, cut into disjoint blocks: the evidence behind a standard error
/// (resources/help/method.md, Standard errors). What windows say of a token goes to the block that
/// the token lies in, however many windows read it, so that reading a text again adds no evidence.
/// Blocks are of equal length, as many as are at least one window long; each follows the one
/// before. Pages of lm-eval-wikitext are blocks of their own and independent.
class TextBlocks {
public:
    /// `windows` of cutWindows with the same text and settings; not empty, but for a text of pages.
    TextBlocks(const EvalText& text, const std::vector<Window>& windows,
               const EvalSettings& settings);

    [[nodiscard]] std::size_t size() const { return m_size; }
    /// The block of a token that the window scores, by its place in the text.
    [[nodiscard]] std::size_t blockOf(const Window& window, std::int64_t token) const;
    /// Of sum(values) / sum(weights), both one per block.
    [[nodiscard]] RatioError error(std::span<const double> values,
                                   std::span<const double> weights) const;
    /// The same figures, to be kept.
    [[nodiscard]] BlockSums sums(std::vector<double> values, std::vector<double> weights,
                                 const EvalText& text) const;

private:
    bool m_pages = false;
    std::size_t m_size = 0;
    std::int64_t m_begin = 0, m_length = 0;  ///< tokens that the windows cover
};

/// Losses of windows, added up by block.
class BlockLosses {
public:
    explicit BlockLosses(TextBlocks blocks);

    /// One loss for each of the scoredTokens of `window`. Counts as Window::weight() tokens.
    void add(const Window& window, std::span<const std::int64_t> tokens,
             std::span<const double> losses);
    /// By tokens, or by `weights` where there are any.
    [[nodiscard]] BlockSums sums(const std::vector<double>& weights, const EvalText& text) const {
        return m_blocks.sums(m_losses, weights.empty() ? m_tokens : weights, text);
    }
    [[nodiscard]] std::size_t size() const { return m_blocks.size(); }

private:
    TextBlocks m_blocks;
    std::vector<double> m_losses, m_tokens;
};

}  // namespace skd
