#include "formats/json_scanner.h"

#include <charconv>

#include "base/text.h"

namespace skd {
namespace {

constexpr std::size_t kMaxDepth = 64;

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

Error JsonScanner::errorAt(std::size_t position, const std::string& problem) const {
    return {ErrorCode::Corrupt, strCat("byte ", position, " of the JSON: ", problem)};
}

Error JsonScanner::unexpected(const char* expected) {
    const char found = peek();
    if (m_position >= m_text.size())
        return errorAt(m_position, strCat("expected ", expected, ", found the end"));
    const auto byte = static_cast<unsigned>(static_cast<unsigned char>(found));
    if (byte < 0x20 || byte > 0x7e)
        return errorAt(m_position, strCat("expected ", expected, ", found byte value ", byte));
    return errorAt(m_position, strCat("expected ", expected, ", found '", found, "'"));
}

char JsonScanner::peek() {
    while (m_position < m_text.size()) {
        const char c = m_text[m_position];
        if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return c;
        ++m_position;
    }
    return '\0';
}

bool JsonScanner::accept(char c) {
    if (peek() != c || m_position >= m_text.size()) return false;
    ++m_position;
    return true;
}

Status JsonScanner::expect(char c, const char* what) {
    if (accept(c)) return {};
    return fail(unexpected(what));
}

Result<bool> JsonScanner::more(char close) {
    if (accept(',')) return true;
    if (accept(close)) return false;
    return fail(unexpected(close == '}' ? "',' or '}'" : "',' or ']'"));
}

Result<std::string_view> JsonScanner::string(const char* what) {
    SKD_CHECK(expect('"', what));
    const std::size_t begin = m_position;
    while (m_position < m_text.size() && m_text[m_position] != '"' && m_text[m_position] != '\\' &&
           static_cast<unsigned char>(m_text[m_position]) >= 0x20)
        ++m_position;
    if (m_position < m_text.size() && m_text[m_position] == '"')
        return m_text.substr(begin, m_position++ - begin);
    m_unescaped.assign(m_text.substr(begin, m_position - begin));
    while (m_position < m_text.size()) {
        const char c = m_text[m_position++];
        if (c == '"') return std::string_view(m_unescaped);
        if (static_cast<unsigned char>(c) < 0x20)
            return fail(errorAt(m_position - 1, "a control character inside a string"));
        if (c == '\\') {
            SKD_CHECK(appendEscape());
        } else {
            m_unescaped += c;
        }
    }
    return fail(errorAt(begin, "a string without an end"));
}

Status JsonScanner::appendEscape() {
    constexpr std::string_view kEscapes = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const std::size_t at = m_position;
    const char c = at < m_text.size() ? m_text[m_position++] : '\0';
    if (const std::size_t i = kEscapes.find(c); i != std::string_view::npos) {
        m_unescaped += kMeanings[i];
        return {};
    }
    if (c != 'u') return fail(errorAt(at, "an unknown escape in a string"));
    SKD_TRY(std::uint32_t code, hexDigits());
    if (code >= 0xD800 && code < 0xDC00 && m_text.substr(m_position, 2) == "\\u") {
        m_position += 2;
        SKD_TRY(const std::uint32_t low, hexDigits());
        if (low < 0xDC00 || low > 0xDFFF) return fail(errorAt(at, "half a surrogate pair"));
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    if (code >= 0xD800 && code < 0xE000) return fail(errorAt(at, "half a surrogate pair"));
    appendUtf8(m_unescaped, code);
    return {};
}

Result<std::uint32_t> JsonScanner::hexDigits() {
    const std::string_view digits = m_text.substr(m_position, 4);
    std::uint32_t code = 0;
    const char* end = std::from_chars(digits.begin(), digits.end(), code, 16).ptr;
    m_position += static_cast<std::size_t>(end - digits.begin());
    if (end - digits.begin() < 4)
        return fail(errorAt(m_position, "\\u without four hexadecimal digits"));
    return code;
}

Result<std::uint64_t> JsonScanner::natural(const char* what) {
    if (!isDigit(peek())) return fail(unexpected(what));
    const std::size_t begin = m_position;
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(&m_text[begin], m_text.end(), value);
    if (problem != std::errc())
        return fail(errorAt(begin, strCat("expected ", what, ", found a number above 2^64")));
    m_position += static_cast<std::size_t>(end - &m_text[begin]);
    if (m_text[begin] == '0' && m_position - begin > 1)
        return fail(errorAt(begin, "a number with a leading zero"));
    const char next = m_position < m_text.size() ? m_text[m_position] : '\0';
    if (next == '.' || next == 'e' || next == 'E')
        return fail(errorAt(begin, strCat("expected ", what,
                                          ", found a number with a fraction "
                                          "or an exponent")));
    return value;
}

bool JsonScanner::skipDigits() {
    const std::size_t begin = m_position;
    while (m_position < m_text.size() && isDigit(m_text[m_position])) ++m_position;
    return m_position > begin;
}

Status JsonScanner::skipNumber() {
    const std::size_t begin = m_position;
    const auto next = [this] { return m_position < m_text.size() ? m_text[m_position] : '\0'; };
    if (next() == '-') ++m_position;
    const bool zero = next() == '0';
    const std::size_t digits = m_position;
    if (!skipDigits() || (zero && m_position - digits > 1))
        return fail(errorAt(begin, "not a number"));
    if (next() == '.') {
        ++m_position;
        if (!skipDigits()) return fail(errorAt(begin, "not a number"));
    }
    if (next() == 'e' || next() == 'E') {
        ++m_position;
        if (next() == '+' || next() == '-') ++m_position;
        if (!skipDigits()) return fail(errorAt(begin, "not a number"));
    }
    return {};
}

Status JsonScanner::skipLiteral(std::string_view literal) {
    if (m_text.substr(m_position, literal.size()) != literal) return fail(unexpected("a value"));
    m_position += literal.size();
    return {};
}

Status JsonScanner::skipValue() {
    std::string closers;  // of the containers the current value is inside
    while (true) {
        const char c = peek();
        bool opened = false;
        if (c == '{' || c == '[') {
            if (closers.size() >= kMaxDepth)
                return fail(errorAt(m_position, strCat("nested deeper than ", kMaxDepth)));
            ++m_position;
            closers += c == '{' ? '}' : ']';
            opened = !accept(closers.back());
            if (!opened) closers.pop_back();
        } else if (c == '"') {
            SKD_CHECK(string("a string"));
        } else if (c == 't' || c == 'f' || c == 'n') {
            SKD_CHECK(skipLiteral(c == 't' ? "true" : c == 'f' ? "false" : "null"));
        } else if (c == '-' || isDigit(c)) {
            SKD_CHECK(skipNumber());
        } else {
            return fail(unexpected("a value"));
        }
        while (!opened && !closers.empty()) {
            SKD_TRY(const bool another, more(closers.back()));
            if (another) break;
            closers.pop_back();
        }
        if (closers.empty()) return {};
        if (closers.back() == '}') {
            SKD_CHECK(string("a key"));
            SKD_CHECK(expect(':', "':'"));
        }
    }
}

Status JsonScanner::finish() {
    peek();
    if (m_position < m_text.size()) return fail(unexpected("nothing after the JSON"));
    return {};
}

}  // namespace skd
