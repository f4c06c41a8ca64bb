#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"

namespace skd {

/// Byte strings to token ids: open addressing over one arena that holds all the strings.
class PieceMap {
public:
    static constexpr TokenId kNone = ~TokenId{0};

    void reserve(std::size_t count, std::size_t bytes);
    /// Adds a piece; false (and no change) when it is there already. `id` must not be kNone.
    bool insert(std::string_view piece, TokenId id);
    /// The id of `piece`, or kNone.
    [[nodiscard]] TokenId find(std::string_view piece) const;
    [[nodiscard]] std::size_t size() const { return m_size; }

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
