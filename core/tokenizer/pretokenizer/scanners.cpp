#include "tokenizer/pretokenizer/scanners.h"

#include <array>

#include "base/unicode.h"

namespace skd {
namespace {

using unicode::Character;
using unicode::CharacterTable;
using enum unicode::Class;

/// End of the piece that starts at a given place, pattern by pattern.
class Scanner {
public:
    explicit Scanner(const char* end) : m_table(CharacterTable::instance()), m_end(end) {}

    [[nodiscard]] const char* nextGpt2(const char* p) const {
        if (*p == '\'')
            if (const int length = contraction(p, false)) return p + length;
        Character c = at(p);
        const char* start = afterSpace(p, c);
        if (c.classes & Letter) return skip(start, Letter);
        if (c.classes & Number) return skip(start, Number);
        if (c.classes & Other) return skip(start, Other);
        return spaces(p, false);
    }

    /// QWEN2 and LLAMA3 differ only in how many digits stay together.
    template <int digits>
    [[nodiscard]] const char* nextQwen2(const char* p) const {
        if (*p == '\'')
            if (const int length = contraction(p, true)) return p + length;
        const Character c = at(p);
        if (c.classes & Letter) return skip(p, Letter);
        if (c.classes & Prefix)
            if (const char* word = p + c.length; at(word).classes & Letter)
                return skip(word, Letter);
        if (c.classes & Number) return numbers(p, digits);
        return punctuationOrSpaces(p, c, false);
    }

    /// O200K and TEKKEN: words by case; `suffixes` takes contractions into the word.
    template <int digits, bool suffixes>
    [[nodiscard]] const char* nextCased(const char* p) const {
        const Character c = at(p);
        if (const char* end = casedWord(p, c)) {
            if (suffixes && end != m_end && *end == '\'') end += contraction(end, true);
            return end;
        }
        if (c.classes & Number) return numbers(p, digits);
        return punctuationOrSpaces(p, c, true);
    }

private:
    [[nodiscard]] Character at(const char* p) const { return m_table.at(p, m_end); }
    [[nodiscard]] const char* skip(const char* p, std::uint16_t mask) const {
        return m_table.skip(p, m_end, mask);
    }

    /// ` ?` before a run of one class: steps over a space that is followed by something visible.
    [[nodiscard]] const char* afterSpace(const char* p, Character& c) const {
        if (*p != ' ') return p;
        const Character next = at(p + 1);
        if (next.length == 0 || (next.classes & White)) return p;
        c = next;
        return p + 1;
    }

    [[nodiscard]] const char* numbers(const char* p, int atMost) const {
        for (Character c = at(p); atMost > 0 && (c.classes & Number); c = at(p), --atMost)
            p += c.length;
        return p;
    }

    /// ` ?[^\s\p{L}\p{N}]+[\r\n]*` (`[\r\n/]*` with `slashes`), else the whitespace alternatives.
    [[nodiscard]] const char* punctuationOrSpaces(const char* p, Character c, bool slashes) const {
        const char* start = afterSpace(p, c);
        if (!(c.classes & Other)) return spaces(p, true);
        const char* end = skip(start, Other);
        while (end != m_end && (*end == '\r' || *end == '\n' || (slashes && *end == '/'))) ++end;
        return end;
    }

    /// `\s*[\r\n]+` if `lines`, then `\s+(?!\S)|\s+`.
    [[nodiscard]] const char* spaces(const char* p, bool lines) const {
        const char* last = p;
        const char* lineEnd = nullptr;
        const char* q = p;
        for (Character c = at(q); c.classes & White; c = at(q)) {
            last = q;
            q += c.length;
            if (c.classes & Newline) lineEnd = q;
        }
        if (lines && lineEnd) return lineEnd;
        return q == m_end || last == p ? q : last;
    }

    /// The two word alternatives of O200K, each first with its optional prefix, then without.
    [[nodiscard]] const char* casedWord(const char* p, Character c) const {
        const bool prefixed = c.classes & Prefix;
        const char* body = p + c.length;
        const char* end = prefixed ? endingInLower(body) : nullptr;
        if (!end) end = endingInLower(p);
        if (!end && prefixed) end = startingWithUpper(body);
        if (!end) end = startingWithUpper(p);
        return end;
    }

    /// `[Upper]*[Lower]+`: greedy, then back to the last character of the run that is in both sets.
    [[nodiscard]] const char* endingInLower(const char* p) const {
        const char* lastLower = nullptr;
        Character c = at(p);
        for (; c.classes & Upper; c = at(p)) {
            p += c.length;
            if (c.classes & Lower) lastLower = p;
        }
        return c.classes & Lower ? skip(p, Lower) : lastLower;
    }

    /// `[Upper]+[Lower]*`
    [[nodiscard]] const char* startingWithUpper(const char* p) const {
        const char* end = skip(p, Upper);
        return end == p ? nullptr : skip(end, Lower);
    }

    /// Bytes of a contraction at the apostrophe `p`, or 0. Ignoring case, U+017F counts as an s.
    [[nodiscard]] int contraction(const char* p, bool ignoreCase) const {
        const auto left = m_end - p;
        if (left < 2) return 0;
        const char fold = ignoreCase ? 0x20 : 0;
        const char first = static_cast<char>(p[1] | fold);
        if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
        if (left < 3) return 0;
        const char second = static_cast<char>(p[2] | fold);
        if ((first == 'r' || first == 'v') && second == 'e') return 3;
        if (first == 'l' && second == 'l') return 3;
        return ignoreCase && p[1] == '\xC5' && p[2] == '\xBF' ? 3 : 0;
    }

    const CharacterTable& m_table;
    const char* m_end;
};

template <const char* (Scanner::*next)(const char*) const>
void scan(std::string_view text, PieceSink sink) {
    const char* p = text.data();
    const char* end = p + text.size();
    const Scanner scanner(end);
    while (p != end) {
        const char* stop = (scanner.*next)(p);
        sink({p, static_cast<std::size_t>(stop - p)});
        p = stop;
    }
}

#define SKD_SPACES R"(|\s*[\r\n]+|\s+(?!\S)|\s+)"
#define SKD_UPPER R"([\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}])"
#define SKD_LOWER R"([\p{Ll}\p{Lm}\p{Lo}\p{M}])"
#define SKD_SUFFIX R"((?i:'s|'t|'re|'ve|'m|'ll|'d))"
#define SKD_PREFIX R"([^\r\n\p{L}\p{N}]?)"

struct Pattern {
    KnownPattern id;
    std::string_view regex;
    void (*scan)(std::string_view text, PieceSink sink);
};

constexpr std::array kPatterns{
    Pattern{KnownPattern::Gpt2,
            R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
            scan<&Scanner::nextGpt2>},
    Pattern{KnownPattern::Qwen2,
            SKD_SUFFIX "|" SKD_PREFIX R"(\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*)" SKD_SPACES,
            scan<&Scanner::nextQwen2<1>>},
    Pattern{KnownPattern::Llama3,
            SKD_SUFFIX "|" SKD_PREFIX R"(\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*)" SKD_SPACES,
            scan<&Scanner::nextQwen2<3>>},
    Pattern{KnownPattern::O200k,
            SKD_PREFIX SKD_UPPER "*" SKD_LOWER "+" SKD_SUFFIX "?|" SKD_PREFIX SKD_UPPER
                                 "+" SKD_LOWER "*" SKD_SUFFIX
                                 R"(?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*)" SKD_SPACES,
            scan<&Scanner::nextCased<3, true>>},
    Pattern{KnownPattern::Tekken,
            SKD_PREFIX SKD_UPPER "*" SKD_LOWER "+|" SKD_PREFIX SKD_UPPER "+" SKD_LOWER
                                 R"(*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*)" SKD_SPACES,
            scan<&Scanner::nextCased<1, false>>},
};

}  // namespace

std::string_view patternRegex(KnownPattern pattern) {
    return kPatterns[static_cast<std::size_t>(pattern)].regex;
}

std::optional<KnownPattern> findKnownPattern(std::string_view regex) {
    for (const Pattern& pattern : kPatterns)
        if (pattern.regex == regex) return pattern.id;
    return std::nullopt;
}

void scanPieces(KnownPattern pattern, std::string_view text, PieceSink sink) {
    kPatterns[static_cast<std::size_t>(pattern)].scan(text, sink);
}

}  // namespace skd
