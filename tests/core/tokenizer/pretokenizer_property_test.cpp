// The hand-written scanners against the regular expressions they stand for, on random text.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/text.h"
#include "base/unicode.h"
#include "support/tokenizer_fixtures.h"
#include "tokenizer/pretokenizer/pre_tokenizer.h"

namespace skd {
namespace {

using test::collect;

/// Characters at which the patterns decide, of every class and every length in UTF-8; all are as
/// old as the Unicode version of the oldest supported PCRE2.
constexpr std::u32string_view kAlphabet =
    U"abstmdlverSTMDLVERzZ'''  "
    U"\t\n\r\n\u000B\u0085\u00A0\u1680\u2003\u2028\u202F\u3000\u180E\u200B\u200D"
    U"0129½²Ⅷ①٣۴१𝟘!?.,/_-+(…—“🙂👍\U0001F3FD\uFE0F"
    U"éßñÉÑǅʰªﬁſ\u0130\u0131жЖяΩωאبनमক中文あア한\u1112\u1161\u11AB𐐀𐐨\U00020000"
    U"\u0301\u0308\u0323\u0483\u093E\u094D\u20DD\uE000\U0010FFFF\u0378";

rc::Gen<std::string> randomText() {
    const auto character = rc::gen::map(rc::gen::inRange<std::size_t>(0, kAlphabet.size()),
                                        [](std::size_t i) { return kAlphabet[i]; });
    return rc::gen::map(rc::gen::container<std::u32string>(character),
                        [](const std::u32string& points) {
                            std::string text;
                            for (const char32_t c : points) appendUtf8(text, c);
                            return text;
                        });
}

class ScannerProperty : public ::testing::TestWithParam<KnownPattern> {};

TEST_P(ScannerProperty, EqualsTheRegularExpression) {
    const KnownPattern pattern = GetParam();
    auto matcher = regexMatcher(patternRegex(pattern));
    ASSERT_TRUE(matcher) << matcher.error().message;
    const PreTokenizer regex = matcherSplit(std::move(*matcher), SplitBehavior::Isolated, false);
    EXPECT_TRUE(rc::check([&] {
        for (int i = 0; i < 20; ++i) {
            const std::string text = *randomText();
            const auto scanned = collect([&](PieceSink sink) { scanPieces(pattern, text, sink); });
            const auto matched = collect([&](PieceSink sink) {
                RC_ASSERT(text.empty() || regex(text, true, sink).has_value());
            });
            RC_ASSERT(scanned == matched);
        }
    }));
}

TEST_P(ScannerProperty, PiecesCoverTheText) {
    EXPECT_TRUE(rc::check([&] {
        const std::string text = *randomText();
        std::string joined;
        scanPieces(GetParam(), text, [&](std::string_view piece) {
            RC_ASSERT(!piece.empty());
            joined += piece;
        });
        RC_ASSERT(joined == text);
    }));
}

INSTANTIATE_TEST_SUITE_P(Patterns, ScannerProperty,
                         ::testing::Values(KnownPattern::Gpt2, KnownPattern::Qwen2,
                                           KnownPattern::Llama3, KnownPattern::O200k,
                                           KnownPattern::Tekken),
                         [](const auto& parameter) {
                             std::string name(enumName(parameter.param));
                             std::erase(name, '-');
                             return name;
                         });

/// Every single character, and every character between two letters, is classed as PCRE2 classes it.
/// Characters that one library's Unicode version does not know yet are left out.
TEST(ScannerProperty, ClassesOfAllCharacters) {
    const auto& table = unicode::CharacterTable::instance();
    for (const auto& [expression, wanted] : {std::pair{R"(\p{L})", unicode::Letter},
                                             {R"(\p{N})", unicode::Number},
                                             {R"(\s)", unicode::White},
                                             {R"([\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}])", unicode::Upper},
                                             {R"([\p{Ll}\p{Lm}\p{Lo}\p{M}])", unicode::Lower}}) {
        const auto matcher = regexMatcher(expression);
        const auto unassigned = regexMatcher(R"(\p{Cn})");
        ASSERT_TRUE(matcher && unassigned);
        int differences = 0;
        for (char32_t c = 0; c < 0x110000; ++c) {
            if (c >= 0xD800 && c <= 0xDFFF) continue;
            std::string text;
            appendUtf8(text, c);
            bool matches = false;
            bool unknown = false;
            ASSERT_TRUE((*matcher)(text, [&](std::size_t, std::size_t) { matches = true; }));
            if (matches == static_cast<bool>(table.classes(c) & wanted)) continue;
            ASSERT_TRUE((*unassigned)(text, [&](std::size_t, std::size_t) { unknown = true; }));
            differences += !unknown;
        }
        EXPECT_EQ(differences, 0) << expression;
    }
}

}  // namespace
}  // namespace skd
