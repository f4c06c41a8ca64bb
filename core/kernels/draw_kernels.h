#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace skd {

/// What is known of a row besides the tokens that were drawn from it.
struct DrawSummary {
    double negativeEntropy = 0;  ///< sum p log p at the temperature, nats
    double mass = 0;             ///< probability of the drawn tokens together
    std::size_t found = 0;       ///< distinct tokens
};

/// Draws one token per number of `uniforms` (each in [0, 1), ascending) from softmax(row / T) by
/// its cumulative sum. Writes the distinct tokens and how often each was drawn, most frequent
/// first and equal ones by ascending id; `ids` and `counts` hold as many as there are uniforms.
/// Not finite in `negativeEntropy` where a logit is not. `sums` is scratch. T is float or
/// std::uint16_t (bfloat16 bits).
template <class T>
DrawSummary drawTokens(std::span<const T> row, double temperature, std::span<const double> uniforms,
                       std::span<std::int32_t> ids, std::span<std::uint16_t> counts,
                       std::vector<double>& sums);

}  // namespace skd
