#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace skd {

/// The numbers that Python's random.Random(seed) draws, so that samples are those of programs
/// written in it: MT19937 (Matsumoto and Nishimura, ACM TOMACS 8, 1998), seeded by init_by_array of
/// the seed's 32-bit words. Everything else here draws from CounterRandom.
class PythonRandom {
public:
    explicit PythonRandom(std::uint64_t seed);

    /// The generator's next 32 bits.
    std::uint32_t next() { return static_cast<std::uint32_t>(m_engine()); }
    /// Uniform in [0, bound) for 0 < bound < 2^32: as many leading bits as `bound` has, drawn again
    /// while they are not below it.
    std::size_t below(std::size_t bound);
    /// random.sample(range(size), count): `count` <= `size` different indices in the order drawn.
    std::vector<std::size_t> sample(std::size_t size, std::size_t count);

private:
    std::mt19937 m_engine;
};

}  // namespace skd
