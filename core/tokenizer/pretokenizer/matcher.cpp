#include "tokenizer/pretokenizer/matcher.h"

#include "base/unicode.h"
#include "tokenizer/pretokenizer/regex.h"

namespace skd {
namespace {

class RegexMatcher final : public Matcher {
public:
    explicit RegexMatcher(std::shared_ptr<const Regex> regex) : m_regex(std::move(regex)) {}
    Status forEachMatch(std::string_view text, Visit visit) const override {
        return m_regex->forEachMatch(text, visit);
    }

private:
    std::shared_ptr<const Regex> m_regex;
};

class LiteralMatcher final : public Matcher {
public:
    explicit LiteralMatcher(std::string_view literal) : m_literal(literal) {}
    Status forEachMatch(std::string_view text, Visit visit) const override {
        for (std::size_t at = text.find(m_literal); at != std::string_view::npos;
             at = text.find(m_literal, at + m_literal.size()))
            visit(at, at + m_literal.size());
        return {};
    }

private:
    std::string m_literal;
};

class DigitMatcher final : public Matcher {
public:
    Status forEachMatch(std::string_view text, Visit visit) const override {
        const auto& table = unicode::CharacterTable::instance();
        const char* begin = text.data();
        const char* end = begin + text.size();
        for (const char* p = begin; p != end;) {
            const auto c = table.at(p, end);
            const auto at = static_cast<std::size_t>(p - begin);
            if (c.classes & unicode::Number) visit(at, at + c.length);
            p += c.length;
        }
        return {};
    }
};

}  // namespace

Result<std::unique_ptr<const Matcher>> regexMatcher(std::string_view pattern) {
    SKD_TRY(auto regex, Regex::compile(pattern));
    return std::make_unique<const RegexMatcher>(std::move(regex));
}

Result<std::unique_ptr<const Matcher>> literalMatcher(std::string_view literal) {
    if (literal.empty()) return fail(ErrorCode::Corrupt, "an empty pattern");
    return std::make_unique<const LiteralMatcher>(literal);
}

std::unique_ptr<const Matcher> digitMatcher() {
    return std::make_unique<const DigitMatcher>();
}

}  // namespace skd
