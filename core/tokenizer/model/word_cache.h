#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"

namespace skd {

/// Remembers the ids of words within one call of encode: text repeats its words. Bounded; when
/// full, it keeps what it has.
class WordCache {
public:
    static constexpr std::size_t kLongestWord = 64;  ///< bytes

    /// The ids of `word` (hash from hashPiece) and whether it is known. Valid until the next
    /// insert.
    struct Hit {
        bool known = false;
        std::span<const TokenId> ids;
    };
    [[nodiscard]] Hit find(std::string_view word, std::uint64_t hash) const;
    void insert(std::string_view word, std::uint64_t hash, std::span<const TokenId> ids);

private:
    static constexpr std::size_t kMostWords = 1u << 20;
    static constexpr std::size_t kMostProbes = 64;  ///< colliding words are not cached

    struct Slot {
        std::uint64_t hash = 0;
        std::uint32_t textOffset = 0;
        std::uint32_t idOffset = 0;
        std::uint16_t textSize = 0;  ///< 0 = free
        std::uint16_t idCount = 0;
    };
    void grow();

    std::vector<Slot> m_slots;
    std::string m_texts;
    std::vector<TokenId> m_ids;
    std::size_t m_size = 0;
};

}  // namespace skd
