#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>

#include "base/random.h"

namespace skd::test {

/// Mutation `round` of a file: up to four of flip a bit, set a byte, cut, repeat or insert bytes,
/// overwrite eight bytes with a number that limits are made of.
inline std::string mutated(std::string bytes, std::uint64_t round) {
    static constexpr std::uint64_t kNumbers[] = {
        0, 1, 7, 63, 1ull << 31, 1ull << 32, 1ull << 62, 1ull << 63, ~0ull, ~0ull - 7};
    const CounterRandom random(20240229, round);
    std::uint64_t draw = 0;
    const auto below = [&](std::size_t bound) {
        return static_cast<std::size_t>(random.below(draw++, bound > 0 ? bound : 1));
    };
    const std::size_t changes = 1 + below(4);
    for (std::size_t i = 0; i < changes && !bytes.empty(); ++i) {
        const std::size_t at = below(bytes.size());
        const std::size_t length = below(std::min<std::size_t>(bytes.size() - at, 16) + 1);
        switch (below(6)) {
            case 0:
                bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
                break;
            case 1:
                bytes[at] = static_cast<char>(below(256));
                break;
            case 2:
                bytes.erase(at, length);
                break;
            case 3:
                bytes.insert(at, bytes.substr(below(bytes.size()), length));
                break;
            case 4:
                bytes.resize(at);
                break;
            default: {
                const std::uint64_t number = kNumbers[below(std::size(kNumbers))];
                bytes.replace(at, 8, reinterpret_cast<const char*>(&number), 8);
            }
        }
    }
    return bytes;
}

}  // namespace skd::test
