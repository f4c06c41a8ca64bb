#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace skd {

/// Temperatures at which the normaliser of a teacher's row is stored.
constexpr std::array<double, 4> kTemperatureGrid{1.0, 1.5, 2.0, 3.0};

/// Largest k that a pass finds.
constexpr std::size_t kMaxTopK = 256;

/// What a pass over a row of logits finds besides its largest entries.
struct TopKSummary {
    double logSum = 0;  ///< log sum exp(x): log p = x - logSum
    /// log sum over the vocabulary of p^(1/T) per temperature of the grid
    std::array<double, 4> logZ{};
    std::size_t found = 0;  ///< entries written: k, or fewer where the row has fewer or NaN
};

/// The k largest entries of a row, values descending and equal ones by ascending index, with their
/// log-probabilities at temperature 1, and the normalisers. Three reads of a row in cache; logSum
/// is not finite where a logit is NaN or infinite. T is float or std::uint16_t (bfloat16 bits).
template <class T>
TopKSummary topKAndLogZ(std::span<const T> row, std::span<std::int32_t> ids,
                        std::span<float> logProbabilities);

}  // namespace skd
