#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tokenizer/model/piece_map.h"

namespace skd {

/// A token as its file spells it.
struct VocabularyEntry {
    std::string text;
    TokenId id = 0;
};

/// The tokens of a vocabulary by id and by spelling. Ids may have gaps.
class TokenTable {
public:
    /// Refuses ids used twice, spellings used twice, and ids far beyond the number of tokens.
    static Result<TokenTable> build(std::vector<VocabularyEntry> entries);

    /// Adds a token that the vocabulary proper does not have, under the same conditions.
    Status add(VocabularyEntry entry);

    [[nodiscard]] std::optional<TokenId> find(std::string_view text) const;
    [[nodiscard]] bool has(TokenId id) const { return id < m_used.size() && m_used[id]; }
    /// Spelling of an id that has() confirms.
    [[nodiscard]] const std::string& text(TokenId id) const { return m_texts[id]; }
    /// Highest id + 1.
    [[nodiscard]] std::size_t idLimit() const { return m_texts.size(); }
    [[nodiscard]] std::size_t count() const { return m_count; }

private:
    std::vector<std::string> m_texts;
    std::vector<bool> m_used;
    PieceMap m_names;
    std::size_t m_count = 0;
};

/// GPT-2's way to write any byte as a visible character: bytes 33-126, 161-172 and 174-255 stand
/// for themselves, the other 68 in order for U+0100, U+0101, ...
/// The bytes that `visible` stands for; nothing when one of its characters stands for no byte.
std::optional<std::string> bytesOfVisible(std::string_view visible);
/// The byte that the spelling of a byte fallback names (<0x0A>); nothing for any other spelling.
std::optional<char> byteOfName(std::string_view spelling);

/// A token's text for an error message: quoted, control characters and long tails cut.
std::string quoted(std::string_view text);

}  // namespace skd
