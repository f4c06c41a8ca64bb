#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizer/model/added_tokens.h"
#include "tokenizer/model/token_table.h"

namespace skd {

/// How token spellings become text again (tokenizer.json's `decoder`).
struct DecodingRules {
    bool byteLevel = false;       ///< spellings are GPT-2's visible bytes
    bool joinWithSpaces = false;  ///< no decoder at all: `tokenizers` puts spaces between tokens
    std::vector<std::pair<std::string, std::string>> replacements;  ///< applied to each token
    bool byteFallback = false;                                      ///< tokens <0xXX> are bytes
    bool trimFirst = false;  ///< the first token loses its leading spaces (Metaspace)
    char stripped = ' ';     ///< taken off the whole text, at most so often at either end
    std::size_t stripStart = 0;
    std::size_t stripEnd = 0;
};

/// Turns ids into text. Immutable.
class TokenDecoder {
public:
    /// Added tokens of a byte-level vocabulary stand for their content as it is written.
    static TokenDecoder build(const TokenTable& tokens, std::span<const AddedToken> added,
                              DecodingRules rules);

    /// Ids without a token are skipped. Ill-formed UTF-8 becomes U+FFFD.
    [[nodiscard]] std::string decode(std::span<const TokenId> ids, bool skipSpecial) const;
    /// What one token stands for; "" for an id without a token.
    [[nodiscard]] std::string text(TokenId id) const;
    /// A byte of a byte fallback: what it gives depends on the bytes beside it.
    [[nodiscard]] bool isByte(TokenId id) const {
        return id < m_tokens.size() && m_tokens[id].isByte;
    }
    [[nodiscard]] std::size_t idLimit() const { return m_tokens.size(); }

private:
    struct Token {
        std::uint64_t offset = 0;
        std::uint32_t size = 0;
        bool special = false;
        bool isByte = false;  ///< one byte of a byte fallback
    };
    [[nodiscard]] std::string_view bytes(const Token& token) const {
        return std::string_view(m_arena).substr(token.offset, token.size);
    }
    void strip(std::string& text) const;

    DecodingRules m_rules;
    std::vector<Token> m_tokens;
    std::string m_arena;
};

}  // namespace skd
