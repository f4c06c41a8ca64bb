#include "eval/tasks/python_random.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <numeric>

namespace skd {
namespace {

/// Up to how many elements random.sample keeps a list of those not yet drawn; above, a set of those
/// drawn: 21, and for more than five draws the next power of 4 from 3 * count on besides.
std::size_t listLimit(std::size_t count) {
    std::size_t limit = 21;
    if (count <= 5) return limit;
    std::size_t power = 1;
    while (power < 3 * count) power *= 4;
    return limit + power;
}

/// The state that init_by_array of the seed's 32-bit words leaves, as a seed sequence.
class WordSeed {
public:
    using result_type = std::uint32_t;
    explicit WordSeed(std::uint64_t seed)
        : m_key{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)} {}

    template <class Iterator>
    void generate(Iterator begin, Iterator end) const {
        const std::size_t words = static_cast<std::size_t>(end - begin),
                          length = m_key[1] == 0 ? 1 : 2;
        const auto mixed = [&](std::size_t i, std::uint32_t factor) {
            const auto before = static_cast<std::uint32_t>(begin[i - 1]);
            return (before ^ (before >> 30)) * factor;
        };
        begin[0] = 19650218;
        for (std::size_t i = 1; i < words; ++i)
            begin[i] = mixed(i, 1812433253u) + static_cast<std::uint32_t>(i);
        std::size_t i = 1;
        const auto advance = [&] {
            if (++i < words) return;
            begin[0] = begin[words - 1];
            i = 1;
        };
        for (std::size_t k = 0; k < words; ++k, advance())
            begin[i] = (static_cast<std::uint32_t>(begin[i]) ^ mixed(i, 1664525)) +
                       m_key[k % length] + static_cast<std::uint32_t>(k % length);
        for (std::size_t k = 1; k < words; ++k, advance())
            begin[i] = (static_cast<std::uint32_t>(begin[i]) ^ mixed(i, 1566083941)) -
                       static_cast<std::uint32_t>(i);
        begin[0] = 0x80000000u;
    }

private:
    std::array<std::uint32_t, 2> m_key;
};

}  // namespace

PythonRandom::PythonRandom(std::uint64_t seed) {
    WordSeed words(seed);
    m_engine.seed(words);
}

std::size_t PythonRandom::below(std::size_t bound) {
    assert(bound > 0 && bound >> 32 == 0);
    const int bits = std::bit_width(bound);
    std::size_t drawn = bound;
    while (drawn >= bound) drawn = m_engine() >> (32 - bits);
    return drawn;
}

std::vector<std::size_t> PythonRandom::sample(std::size_t size, std::size_t count) {
    assert(count <= size);
    std::vector<std::size_t> drawn;
    if (size > listLimit(count)) {
        while (drawn.size() < count)
            if (const std::size_t one = below(size); std::ranges::find(drawn, one) == drawn.end())
                drawn.push_back(one);
        return drawn;
    }
    std::vector<std::size_t> left(size);
    std::iota(left.begin(), left.end(), std::size_t{0});
    for (; drawn.size() < count; left.pop_back()) {
        const std::size_t place = below(left.size());
        drawn.push_back(left[place]);
        left[place] = left.back();
    }
    return drawn;
}

}  // namespace skd
