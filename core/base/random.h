#pragma once

#include <cstdint>

namespace skd {

/// Stateless random numbers: the value depends only on (seed, stream, index), so that a resumed run
/// draws exactly what an uninterrupted one does. SplitMix64 finaliser over the mixed counters.
class CounterRandom {
public:
    constexpr CounterRandom(std::uint64_t seed, std::uint64_t stream)
        : m_key(mix(mix(seed) ^ (stream * kGolden))) {}

    /// Uniform 64 bits for `index`.
    [[nodiscard]] constexpr std::uint64_t bits(std::uint64_t index) const {
        return mix(m_key + (index + 1) * kGolden);
    }
    /// Uniform in [0, bound) for bound > 0 (multiply-shift; bias < 2^-32 for bound < 2^32).
    [[nodiscard]] constexpr std::uint64_t below(std::uint64_t index, std::uint64_t bound) const {
        return static_cast<std::uint64_t>((static_cast<unsigned __int128>(bits(index)) * bound) >>
                                          64);
    }
    /// Uniform in [0, 1).
    [[nodiscard]] constexpr double uniform(std::uint64_t index) const {
        return static_cast<double>(bits(index) >> 11) * 0x1.0p-53;
    }

private:
    static constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15ull;
    static constexpr std::uint64_t mix(std::uint64_t x) {
        x ^= x >> 30;
        x *= 0xBF58476D1CE4E5B9ull;
        x ^= x >> 27;
        x *= 0x94D049BB133111EBull;
        return x ^ (x >> 31);
    }
    std::uint64_t m_key;
};

}  // namespace skd
