#include "tokenizer/pretokenizer/matcher.h"

#include <string>

#include "base/unicode.h"

namespace skd {

Result<Matcher> literalMatcher(std::string_view literal) {
    if (literal.empty()) return fail(ErrorCode::Corrupt, "an empty pattern");
    return [sought = std::string(literal)](std::string_view text, MatchVisit visit) -> Status {
        for (std::size_t at = text.find(sought); at != std::string_view::npos;
             at = text.find(sought, at + sought.size()))
            visit(at, at + sought.size());
        return {};
    };
}

Status matchDigits(std::string_view text, MatchVisit visit) {
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

}  // namespace skd
