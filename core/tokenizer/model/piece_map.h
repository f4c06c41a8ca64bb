#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"

namespace skd {

/// Hash of a short byte string: two overlapping 8-byte reads per 16 bytes, folded multiplication.
/// Not an identity and not stable between versions.
inline std::uint64_t hashPiece(const char* p, std::size_t size) {
    const auto read = [](const char* from, std::size_t count) {
        std::uint64_t value = 0;
        std::memcpy(&value, from, count);
        return value;
    };
    const auto fold = [](std::uint64_t a, std::uint64_t b) {
        const auto product = static_cast<unsigned __int128>(a) * b;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    };
    constexpr std::uint64_t kA = 0xA0761D6478BD642Full;
    constexpr std::uint64_t kB = 0xE7037ED1A0B428DBull;
    std::uint64_t state = size * kA;
    for (; size > 16; p += 16, size -= 16)
        state = fold(read(p, 8) ^ kA ^ state, read(p + 8, 8) ^ kB);
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    if (size >= 8) {
        low = read(p, 8);
        high = read(p + size - 8, 8);
    } else if (size >= 4) {
        low = read(p, 4);
        high = read(p + size - 4, 4);
    } else if (size > 0) {
        low = static_cast<unsigned char>(p[0]) |
              static_cast<std::uint64_t>(static_cast<unsigned char>(p[size / 2])) << 8 |
              static_cast<std::uint64_t>(static_cast<unsigned char>(p[size - 1])) << 16;
    }
    return fold(low ^ kA ^ state, high ^ kB);
}

/// Byte strings to token ids: open addressing over one arena that holds all the strings.
class PieceMap {
public:
    static constexpr TokenId kNone = ~TokenId{0};

    void reserve(std::size_t count, std::size_t bytes);
    /// Adds a piece; false (and no change) when it is there already. `id` must not be kNone.
    bool insert(std::string_view piece, TokenId id);
    /// The id of `piece`, or kNone.
    [[nodiscard]] TokenId find(std::string_view piece) const;

private:
    struct Slot {
        std::uint32_t tag =
            0;  ///< upper half of the hash: most mismatches need no look at the arena
        TokenId id = kNone;
        std::uint64_t offset = 0;
        std::uint64_t size = 0;
    };
    [[nodiscard]] std::size_t place(std::string_view piece, std::uint64_t hash) const;
    void grow(std::size_t capacity);

    std::vector<Slot> m_slots;
    std::string m_arena;
    std::size_t m_size = 0;
};

}  // namespace skd
