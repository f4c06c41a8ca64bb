#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The small part of Unicode that tokenisation needs: character classes and UTF-8.
namespace skd::unicode {

/// Classes of one character, as bits. Every character has exactly one of Letter, Number, White,
/// Other.
enum Class : std::uint16_t {
    Letter = 1 << 0,       ///< \p{L}
    Number = 1 << 1,       ///< \p{N}
    White = 1 << 2,        ///< White_Space, what \s means
    Other = 1 << 3,        ///< none of the three above
    Newline = 1 << 4,      ///< CR or LF
    Prefix = 1 << 5,       ///< [^\r\n\p{L}\p{N}]
    Upper = 1 << 6,        ///< \p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}
    Lower = 1 << 7,        ///< \p{Ll}\p{Lm}\p{Lo}\p{M}
    Word = 1 << 8,         ///< \w: Alphabetic, marks, decimal digits, connectors, joiners
    NfcStable = 1 << 9,    ///< unchanged by NFC and combines with nothing before it
    NfkcStable = 1 << 10,  ///< the same for NFKC
};

struct Character {
    std::uint16_t classes = 0;
    std::uint8_t length = 0;  ///< bytes; 0 at the end of the text
};

/// Classes of all code points in a two-stage table, built once from utf8proc.
class CharacterTable {
public:
    static const CharacterTable& instance();

    [[nodiscard]] std::uint16_t ascii(unsigned char c) const { return m_blocks[c]; }
    [[nodiscard]] std::uint16_t classes(char32_t c) const {
        return m_blocks[(static_cast<std::size_t>(m_index[c >> 8]) << 8) | (c & 0xFF)];
    }
    /// The character at `p` of a well-formed text that ends at `end`.
    [[nodiscard]] Character at(const char* p, const char* end) const;
    /// First position at or after `p` whose character has none of `mask`.
    [[nodiscard]] const char* skip(const char* p, const char* end, std::uint16_t mask) const;

private:
    CharacterTable();
    std::array<std::uint16_t, 0x1100> m_index{};
    std::vector<std::uint16_t> m_blocks;
};

/// Decodes the character at `p` of well-formed UTF-8 and stores its length in bytes.
inline char32_t decode(const char* p, std::uint8_t& length) {
    const auto* s = reinterpret_cast<const unsigned char*>(p);
    if (s[0] < 0x80) {
        length = 1;
        return s[0];
    }
    if (s[0] < 0xE0) {
        length = 2;
        return (s[0] & 0x1Fu) << 6 | (s[1] & 0x3Fu);
    }
    if (s[0] < 0xF0) {
        length = 3;
        return (s[0] & 0x0Fu) << 12 | (s[1] & 0x3Fu) << 6 | (s[2] & 0x3Fu);
    }
    length = 4;
    return (s[0] & 0x07u) << 18 | (s[1] & 0x3Fu) << 12 | (s[2] & 0x3Fu) << 6 | (s[3] & 0x3Fu);
}

inline Character CharacterTable::at(const char* p, const char* end) const {
    if (p == end) return {};
    const auto first = static_cast<unsigned char>(*p);
    if (first < 0x80) return {ascii(first), 1};
    Character character;
    character.classes = classes(decode(p, character.length));
    return character;
}

inline const char* CharacterTable::skip(const char* p, const char* end, std::uint16_t mask) const {
    for (Character c = at(p, end); c.classes & mask; c = at(p, end)) p += c.length;
    return p;
}

/// Well-formed UTF-8 with its first character in title case and the rest in lower case, as Python's
/// str.capitalize has it: Unicode's full mappings, a sigma that ends a word included.
std::string capitalised(std::string_view utf8);

/// Start of the character that ends just before `p`; `p` must be after `begin`.
inline const char* previous(const char* begin, const char* p) {
    do --p;
    while (p > begin && (static_cast<unsigned char>(*p) & 0xC0) == 0x80);
    return p;
}

}  // namespace skd::unicode
