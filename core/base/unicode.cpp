#include "base/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <map>

#include "base/text.h"

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

/// Characters whose title case is several (SpecialCasing.txt of Unicode), which utf8proc does not
/// tell.
struct TitleCase {
    char32_t character;
    std::u32string_view title;
};
constexpr std::array<TitleCase, 48> kTitleCases{{
    {0x00DF, U"Ss"},
    {0x0149, U"\u02BCN"},
    {0x01F0, U"J\u030C"},
    {0x0390, U"\u0399\u0308\u0301"},
    {0x03B0, U"\u03A5\u0308\u0301"},
    {0x0587, U"\u0535\u0582"},
    {0x1E96, U"H\u0331"},
    {0x1E97, U"T\u0308"},
    {0x1E98, U"W\u030A"},
    {0x1E99, U"Y\u030A"},
    {0x1E9A, U"A\u02BE"},
    {0x1F50, U"\u03A5\u0313"},
    {0x1F52, U"\u03A5\u0313\u0300"},
    {0x1F54, U"\u03A5\u0313\u0301"},
    {0x1F56, U"\u03A5\u0313\u0342"},
    {0x1FB2, U"\u1FBA\u0345"},
    {0x1FB4, U"\u0386\u0345"},
    {0x1FB6, U"\u0391\u0342"},
    {0x1FB7, U"\u0391\u0342\u0345"},
    {0x1FC2, U"\u1FCA\u0345"},
    {0x1FC4, U"\u0389\u0345"},
    {0x1FC6, U"\u0397\u0342"},
    {0x1FC7, U"\u0397\u0342\u0345"},
    {0x1FD2, U"\u0399\u0308\u0300"},
    {0x1FD3, U"\u0399\u0308\u0301"},
    {0x1FD6, U"\u0399\u0342"},
    {0x1FD7, U"\u0399\u0308\u0342"},
    {0x1FE2, U"\u03A5\u0308\u0300"},
    {0x1FE3, U"\u03A5\u0308\u0301"},
    {0x1FE4, U"\u03A1\u0313"},
    {0x1FE6, U"\u03A5\u0342"},
    {0x1FE7, U"\u03A5\u0308\u0342"},
    {0x1FF2, U"\u1FFA\u0345"},
    {0x1FF4, U"\u038F\u0345"},
    {0x1FF6, U"\u03A9\u0342"},
    {0x1FF7, U"\u03A9\u0342\u0345"},
    {0xFB00, U"Ff"},
    {0xFB01, U"Fi"},
    {0xFB02, U"Fl"},
    {0xFB03, U"Ffi"},
    {0xFB04, U"Ffl"},
    {0xFB05, U"St"},
    {0xFB06, U"St"},
    {0xFB13, U"\u0544\u0576"},
    {0xFB14, U"\u0544\u0565"},
    {0xFB15, U"\u0544\u056B"},
    {0xFB16, U"\u054E\u0576"},
    {0xFB17, U"\u0544\u056D"},
}};

int categoryOf(char32_t c) {
    return utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->category;
}

bool isCased(char32_t c) {
    const int category = categoryOf(c);
    return category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LL ||
           category == UTF8PROC_CATEGORY_LT;
}

/// What stands within a word without being cased: marks, formats, modifiers, and the punctuation
/// that joins letters.
bool isCaseIgnorable(char32_t c) {
    const int category = categoryOf(c);
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME ||
           category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_LM ||
           category == UTF8PROC_CATEGORY_SK ||
           std::u32string_view(U"'.:\u00B7\u2018\u2019").find(c) != std::u32string_view::npos;
}

/// A sigma at `place` is the final one: a cased letter before it and none after it, as far as what
/// may stand within a word.
bool isFinalSigma(const std::u32string& text, std::size_t place) {
    const auto before = std::find_if_not(text.rend() - static_cast<std::ptrdiff_t>(place),
                                         text.rend(), isCaseIgnorable);
    const auto after = std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(place) + 1,
                                        text.end(), isCaseIgnorable);
    return before != text.rend() && isCased(*before) && (after == text.end() || !isCased(*after));
}

void appendLower(std::string& out, const std::u32string& text, std::size_t place) {
    const char32_t c = text[place];
    if (c == 0x130) {
        out += "i\u0307";
    } else if (c == 0x3A3) {
        appendUtf8(out, isFinalSigma(text, place) ? 0x3C2 : 0x3C3);
    } else {
        appendUtf8(out, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
    }
}

}  // namespace

std::string capitalised(std::string_view utf8) {
    std::u32string text;
    for (const char* p = utf8.data(); p != utf8.data() + utf8.size();) {
        std::uint8_t length = 0;
        text += decode(p, length);
        p += length;
    }
    std::string out;
    if (text.empty()) return out;
    const auto* several = std::ranges::find(kTitleCases, text[0], &TitleCase::character);
    if (several != kTitleCases.end())
        for (const char32_t c : several->title) appendUtf8(out, c);
    else
        appendUtf8(out,
                   static_cast<char32_t>(utf8proc_totitle(static_cast<utf8proc_int32_t>(text[0]))));
    for (std::size_t i = 1; i < text.size(); ++i) appendLower(out, text, i);
    return out;
}

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
