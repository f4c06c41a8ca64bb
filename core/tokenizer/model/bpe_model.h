#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "tokenizer/model/merge_table.h"
#include "tokenizer/model/token_table.h"
#include "tokenizer/model/word_cache.h"

namespace skd {

/// Two neighbouring tokens that become one; those of the lowest rank first.
struct Merge {
    TokenId left = 0, right = 0, result = 0;
    std::uint32_t rank = 0;
};

struct BpeOptions {
    bool byteLevel = true;      ///< symbols start as bytes, else as characters
    bool ignoreMerges = false;  ///< a piece that is a token is not merged
    bool byteFallback = false;  ///< an unknown character becomes its <0xXX> tokens
    bool fuseUnknown = false;   ///< neighbouring unknown characters become one unknown token
    std::optional<TokenId> unknown;
};

/// Byte-pair encoding of single pieces. Immutable.
class BpeModel {
public:
    /// What encode needs to remember within one call, per thread.
    struct State {
        WordCache words;
        std::vector<TokenId> symbols;
    };

    static BpeModel build(const TokenTable& tokens, const std::vector<Merge>& merges,
                          const BpeOptions& options);

    /// Appends the ids of a non-empty piece of well-formed UTF-8. A character that no token, byte
    /// fallback or unknown token stands for is dropped, as `tokenizers` does.
    void encode(std::string_view piece, State& state, std::vector<TokenId>& out) const;

    /// How many of the 256 bytes have no token (byte-level only).
    [[nodiscard]] std::size_t missingBytes() const;

private:
    void encodeNew(std::string_view piece, State& state, std::vector<TokenId>& out) const;
    void byteSymbols(std::string_view piece, std::vector<TokenId>& symbols) const;
    void characterSymbols(std::string_view piece, std::vector<TokenId>& symbols) const;
    bool appendFallback(std::string_view character, std::vector<TokenId>& symbols) const;

    BpeOptions m_options;
    MergeTable m_merges;
    PieceMap m_pieces;                        ///< tokens by the bytes they stand for
    std::array<TokenId, 256> m_byteSymbol{};  ///< byte-level: the token of each single byte
    std::array<TokenId, 256> m_fallback{};    ///< the tokens <0x00> ... <0xFF>
};

}  // namespace skd
