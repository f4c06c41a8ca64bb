#include "base/unicode.h"

#include <utf8proc.h>

#include <map>

namespace skd::unicode {
namespace {

bool isWhiteSpace(char32_t c) {
    return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

/// Alphabetic characters outside \p{L}, \p{M} and \p{Nl}: circled and squared Latin letters.
bool isAlphabeticSymbol(char32_t c) {
    return (c >= 0x24B6 && c <= 0x24E9) || (c >= 0x1F130 && c <= 0x1F149) ||
           (c >= 0x1F150 && c <= 0x1F169) || (c >= 0x1F170 && c <= 0x1F189);
}

bool isHangulJamo(char32_t c) {
    return (c >= 0x1100 && c <= 0x11FF) || (c >= 0xA960 && c <= 0xA97F) ||
           (c >= 0xD7B0 && c <= 0xD7FF);
}

bool isMark(int category) {
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
           category == UTF8PROC_CATEGORY_ME;
}

/// True when NFC leaves the single character as it is; utf8proc does not mark singletons.
bool composesBack(char32_t c) {
    std::array<utf8proc_int32_t, 8> buffer{};
    constexpr auto kOptions = static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    int boundary = 0;
    const auto length = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), buffer.data(),
                                                buffer.size(), kOptions, &boundary);
    return utf8proc_normalize_utf32(buffer.data(), length, kOptions) == 1 &&
           buffer[0] == static_cast<utf8proc_int32_t>(c);
}

std::uint16_t stabilityOf(char32_t c, const utf8proc_property_t& property) {
    if (property.combining_class != 0 || isMark(property.category) || isHangulJamo(c)) return 0;
    if (property.decomp_seqindex == UINT16_MAX) return NfcStable | NfkcStable;
    if (property.decomp_type != 0) return NfcStable;
    return composesBack(c) ? NfcStable : 0;
}

std::uint16_t caseOf(int category) {
    if (category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LT) return Upper;
    if (category == UTF8PROC_CATEGORY_LL) return Lower;
    const bool caseless = category == UTF8PROC_CATEGORY_LM || category == UTF8PROC_CATEGORY_LO;
    return caseless || isMark(category) ? Upper | Lower : 0;
}

bool isWord(char32_t c, int category) {
    const bool letter = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
    return letter || isMark(category) || category == UTF8PROC_CATEGORY_ND ||
           category == UTF8PROC_CATEGORY_NL || category == UTF8PROC_CATEGORY_PC || c == 0x200C ||
           c == 0x200D || isAlphabeticSymbol(c);
}

std::uint16_t classesOf(char32_t c) {
    const auto& property = *utf8proc_get_property(static_cast<utf8proc_int32_t>(c));
    const int category = property.category;
    const bool letter = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
    const bool number = category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
    const bool newline = c == '\r' || c == '\n';
    std::uint16_t classes = caseOf(category) | stabilityOf(c, property);
    classes |= letter ? Letter : number ? Number : isWhiteSpace(c) ? White : Other;
    if (newline) classes |= Newline;
    if (!letter && !number && !newline) classes |= Prefix;
    if (isWord(c, category)) classes |= Word;
    return classes;
}

}  // namespace

CharacterTable::CharacterTable() {
    std::map<std::vector<std::uint16_t>, std::uint16_t> known;
    std::vector<std::uint16_t> block(256);
    for (char32_t base = 0; base < 0x110000; base += 256) {
        for (char32_t i = 0; i < 256; ++i) block[i] = classesOf(base + i);
        const auto [entry, added] =
            known.try_emplace(block, static_cast<std::uint16_t>(known.size()));
        if (added) m_blocks.insert(m_blocks.end(), block.begin(), block.end());
        m_index[base >> 8] = entry->second;
    }
}

const CharacterTable& CharacterTable::instance() {
    static const CharacterTable table;
    return table;
}

}  // namespace skd::unicode
