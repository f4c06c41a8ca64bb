#pragma once

#include <cstdint>
#include <vector>

#include "base/flat_map.h"
#include "base/units.h"

namespace skd {

/// The merges of a byte-pair encoding: which two neighbours become which token, and how early.
class MergeTable {
public:
    void reserve(std::size_t count) { m_merges.reserve(count); }
    /// A later merge of the same pair replaces an earlier one, as in `tokenizers`.
    void set(TokenId left, TokenId right, std::uint32_t rank, TokenId result) {
        m_merges.set(key(left, right), static_cast<std::uint64_t>(rank) << 32 | result);
    }

    /// Merges neighbours until no pair is left in the table: lowest rank first, then leftmost.
    /// O(n^2) cheap steps for short input, O(n log n) beyond.
    void mergeAll(std::vector<TokenId>& symbols) const;

private:
    static constexpr std::uint64_t kNone = ~0ull;
    static std::uint64_t key(TokenId left, TokenId right) {
        return static_cast<std::uint64_t>(left) << 32 | right;
    }
    /// rank << 32 | result, or kNone.
    [[nodiscard]] std::uint64_t find(TokenId left, TokenId right) const {
        const std::uint64_t* merge = m_merges.find(key(left, right));
        return merge ? *merge : kNone;
    }
    void mergeShort(std::vector<TokenId>& symbols) const;
    void mergeLong(std::vector<TokenId>& symbols) const;

    FlatMap m_merges;
};

}  // namespace skd
