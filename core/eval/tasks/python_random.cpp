#include "eval/tasks/python_random.h"

#include <algorithm>
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

}  // namespace

PythonRandom::PythonRandom(std::uint64_t seed) {
    const std::array<std::uint32_t, 2> key{static_cast<std::uint32_t>(seed),
                                           static_cast<std::uint32_t>(seed >> 32)};
    const std::size_t length = key[1] == 0 ? 1 : 2;
    fill(19650218);
    std::size_t i = 1;
    const auto mixed = [&](std::uint32_t factor) {
        return m_state[i] ^ ((m_state[i - 1] ^ (m_state[i - 1] >> 30)) * factor);
    };
    const auto advance = [&] {
        if (++i < kWords) return;
        m_state[0] = m_state[kWords - 1];
        i = 1;
    };
    for (std::size_t k = 0; k < kWords; ++k) {
        const std::size_t j = k % length;
        m_state[i] = mixed(1664525) + key[j] + static_cast<std::uint32_t>(j);
        advance();
    }
    for (std::size_t k = 1; k < kWords; ++k) {
        m_state[i] = mixed(1566083941) - static_cast<std::uint32_t>(i);
        advance();
    }
    m_state[0] = 0x80000000u;
}

void PythonRandom::fill(std::uint32_t seed) {
    m_state[0] = seed;
    for (std::size_t i = 1; i < kWords; ++i)
        m_state[i] =
            1812433253u * (m_state[i - 1] ^ (m_state[i - 1] >> 30)) + static_cast<std::uint32_t>(i);
}

void PythonRandom::twist() {
    for (std::size_t i = 0; i < kWords; ++i) {
        const std::uint32_t y =
            (m_state[i] & 0x80000000u) | (m_state[(i + 1) % kWords] & 0x7FFFFFFFu);
        m_state[i] = m_state[(i + kShift) % kWords] ^ (y >> 1) ^ ((y & 1) != 0 ? 0x9908B0DFu : 0);
    }
    m_next = 0;
}

std::uint32_t PythonRandom::next() {
    if (m_next == kWords) twist();
    std::uint32_t y = m_state[m_next++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9D2C5680u;
    y ^= (y << 15) & 0xEFC60000u;
    return y ^ (y >> 18);
}

std::size_t PythonRandom::below(std::size_t bound) {
    assert(bound > 0 && bound >> 32 == 0);
    const int bits = std::bit_width(bound);
    std::size_t drawn = bound;
    while (drawn >= bound) drawn = next() >> (32 - bits);
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
