#include "tokenizer/pretokenizer/regex_translation.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

#include "base/text.h"

namespace skd {
namespace {

constexpr std::string_view kWord = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc})";
/// Outside a class, Oniguruma's \w also takes Latin-1's superscripts and fractions, but no other
/// \p{No}.
constexpr std::string_view kLoneWord =
    R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{B2}\x{B3}\x{B9}\x{BC}-\x{BE})";
constexpr std::string_view kHex = "0-9A-Fa-f";
/// Escapes that mean the same inside and outside a class.
constexpr std::array<std::pair<char, std::string_view>, 5> kEscapes{{
    {'s', R"(\p{White_Space})"},
    {'S', R"(\P{White_Space})"},
    {'d', R"(\p{Nd})"},
    {'D', R"(\P{Nd})"},
    {'v', R"(\x{0B})"},
}};

class Translator {
public:
    explicit Translator(std::string_view pattern) : m_pattern(pattern) {}

    Result<std::string> run() {
        while (m_at < m_pattern.size()) SKD_CHECK(item());
        return std::move(m_out);
    }

private:
    [[nodiscard]] char peek(std::size_t ahead = 0) const {
        return m_at + ahead < m_pattern.size() ? m_pattern[m_at + ahead] : '\0';
    }
    [[nodiscard]] tl::unexpected<Error> refuse(std::string_view what) const {
        return fail(ErrorCode::Unsupported,
                    strCat("the pattern \"", m_pattern, "\" uses ", what, " at byte ", m_at,
                           ", which this program does not translate"));
    }
    void copy(std::size_t count = 1) {
        m_out += m_pattern.substr(m_at, count);
        m_at += count;
    }
    void replace(std::size_t count, std::string_view by) {
        m_out += by;
        m_at += count;
    }

    Status item() {
        switch (peek()) {
            case '(':
                return openGroup();
            case ')':
                if (!m_groups.empty()) {
                    m_atom = m_groups.back();
                    m_groups.pop_back();
                }
                copy();
                return {};
            case '{':
                return braces();
            case '*':
            case '+':
            case '?':
            case '|':
                copy();
                return {};
            default:
                break;
        }
        m_atom = m_out.size();
        if (peek() == '\\') return escape(false);
        if (peek() == '[') return characterClass();
        copy();
        return {};
    }

    Status openGroup() {
        m_groups.push_back(m_out.size());
        copy();
        if (peek() != '?') return {};
        if (peek(1) == '~') return refuse("an absence operator");
        copy();
        if (peek() == '#') {
            while (m_at < m_pattern.size() && peek() != ')') copy();
            return {};
        }
        return flags();
    }

    /// Option letters after `(?`: Ruby's m is PCRE2's s; other engines' letters are refused.
    Status flags() {
        std::size_t length = 0;
        while (std::isalpha(static_cast<unsigned char>(peek(length))) || peek(length) == '-')
            ++length;
        if (peek(length) != ':' && peek(length) != ')') return {};
        for (std::size_t i = 0; i < length; ++i) {
            const char flag = peek();
            if (flag != 'i' && flag != 'x' && flag != 'm' && flag != '-')
                return refuse(strCat("the option \"", flag, "\""));
            if (flag == 'm')
                replace(1, "s");
            else
                copy();
        }
        return {};
    }

    /// `{n,m}`; with a following + or ({n} only) ?, Ruby repeats the repetition.
    Status braces() {
        const std::size_t close = m_pattern.find('}', m_at);
        const std::string_view inside =
            close == std::string_view::npos ? "" : m_pattern.substr(m_at + 1, close - m_at - 1);
        const bool interval = !inside.empty() && inside != "," &&
                              std::all_of(inside.begin(), inside.end(), [](unsigned char c) {
                                  return std::isdigit(c) || c == ',';
                              });
        if (!interval) {
            m_atom = m_out.size();
            replace(1, "\\{");
            return {};
        }
        m_out += inside.front() == ',' ? "{0" : "{";
        m_out += inside;
        m_out += '}';
        m_at = close + 1;
        const bool fixed = inside.find(',') == std::string_view::npos;
        if (peek() == '+' || (peek() == '?' && fixed)) {
            m_out.insert(m_atom, "(?:");
            m_out += ')';
        }
        return {};
    }

    Status characterClass() {
        copy();
        if (peek() == '^') copy();
        if (peek() == ']') copy();
        while (peek() != ']') {
            if (m_at >= m_pattern.size()) return refuse("an unclosed character class");
            if (peek() == '&' && peek(1) == '&') return refuse("a character class intersection");
            if (peek() == '\\') {
                SKD_CHECK(escape(true));
            } else if (peek() == '[' && peek(1) == ':') {
                const std::size_t close = m_pattern.find(":]", m_at);
                if (close == std::string_view::npos) return refuse("an unclosed POSIX class");
                copy(close + 2 - m_at);
            } else if (peek() == '[') {
                return refuse("a nested character class");
            } else {
                copy();
            }
        }
        copy();
        return {};
    }

    Status escape(bool inClass) {
        const char c = peek(1);
        for (const auto& [letter, meaning] : kEscapes)
            if (c == letter) {
                replace(2, meaning);
                return {};
            }
        switch (c) {
            case '\0':
                return refuse("a trailing backslash");
            case 'w':
                set(inClass ? kWord : kLoneWord, false, inClass);
                return {};
            case 'h':
                set(kHex, false, inClass);
                return {};
            case 'W':
            case 'H':
                if (inClass) return refuse("a negated set inside a character class");
                set(c == 'W' ? kLoneWord : kHex, true, false);
                return {};
            case 'b':
            case 'B':
                return boundary(c == 'b', inClass);
            case 'u':
                return codePoint();
            case 'x':
                if (peek(2) != '{' && peek(2) > '7') return refuse("a raw byte");
                copy(2);
                return {};
            default:
                break;
        }
        constexpr std::string_view kShared = "AzZGpPnrtfeaRXK0123456789k";
        if (std::isalpha(static_cast<unsigned char>(c)) &&
            kShared.find(c) == std::string_view::npos)
            return refuse(strCat("the escape \"\\", c, "\""));
        copy(2);
        if ((c == 'p' || c == 'P') && peek() == '{')
            copy(std::min(m_pattern.find('}', m_at), m_pattern.size() - 1) + 1 - m_at);
        return {};
    }

    void set(std::string_view members, bool negated, bool inClass) {
        if (inClass) return replace(2, members);
        replace(2, strCat(negated ? "[^" : "[", members, "]"));
    }

    Status boundary(bool positive, bool inClass) {
        if (inClass) {
            copy(2);  // a backspace in both languages
            return {};
        }
        const std::string word = strCat("[", kLoneWord, "]");
        const char* same = positive ? "!" : "=";
        const char* other = positive ? "=" : "!";
        replace(2, strCat("(?:(?<=", word, ")(?", same, word, ")|(?<!", word, ")(?", other, word,
                          "))"));
        return {};
    }

    Status codePoint() {
        for (std::size_t i = 2; i < 6; ++i)
            if (!std::isxdigit(static_cast<unsigned char>(peek(i))))
                return refuse("a \\u without 4 digits");
        m_out += strCat("\\x{", m_pattern.substr(m_at + 2, 4), "}");
        m_at += 6;
        return {};
    }

    std::string_view m_pattern;
    std::size_t m_at = 0;
    std::string m_out;
    std::vector<std::size_t> m_groups;  ///< where open groups begin in m_out
    std::size_t m_atom = 0;             ///< where the last quantifiable item begins in m_out
};

}  // namespace

Result<std::string> translateOniguruma(std::string_view pattern) {
    return Translator(pattern).run();
}

}  // namespace skd
