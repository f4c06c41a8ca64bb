#include <gtest/gtest.h>

#include "support/tokenizer_fixtures.h"
#include "tokenizer/pretokenizer/matcher.h"
#include "tokenizer/pretokenizer/regex_translation.h"

namespace skd {
namespace {

using Matches = std::vector<std::string>;

Matches matchesOf(const std::string& pattern, const std::string& text) {
    const auto matcher = regexMatcher(pattern);
    EXPECT_TRUE(matcher) << (matcher ? "" : matcher.error().message);
    Matches matches;
    if (!matcher) return matches;
    EXPECT_TRUE((*matcher)(text, [&](std::size_t begin, std::size_t end) {
        matches.push_back(text.substr(begin, end - begin));
    }));
    return matches;
}

TEST(Regex, SpaceIsUnicodeWhiteSpace) {
    EXPECT_EQ(matchesOf(R"(\s)", "a\u0085b\u00A0c\u3000d\u180Ee\u200Bf\v"),
              (Matches{"\u0085", "\u00A0", "\u3000", "\v"}));
    EXPECT_EQ(matchesOf(R"([^\S\n]+)", "a \u180E\n\t"), (Matches{" ", "\t"}));
}

TEST(Regex, RubyMeaningsAreKept) {
    EXPECT_EQ(matchesOf(R"(\h+)", "12fG"), (Matches{"12f"}));
    EXPECT_EQ(matchesOf(R"(\p{N}{1,2}+)", "12345 6"), (Matches{"12345", "6"}));
    EXPECT_EQ(matchesOf(R"(a.b)", "a\nb"), Matches{});
    EXPECT_EQ(matchesOf(R"((?m:a.b))", "a\nb"), Matches{"a\nb"});
    EXPECT_EQ(matchesOf(R"(^a$)", "b\na\nb"), Matches{"a"});
    EXPECT_EQ(matchesOf(R"(\u00e9|x{,2}y)", "éxxy"), (Matches{"é", "xxy"}));
    EXPECT_EQ(matchesOf(R"(\bs\b)", "s as s"), (Matches{"s", "s"}));
}

TEST(Regex, EmptyMatchesAdvance) {
    EXPECT_EQ(matchesOf("x*", "axxé"), (Matches{"", "xx", ""}));
}

TEST(Regex, WhatCannotBeTranslatedIsNamed) {
    for (const auto& [pattern, named] : {std::pair{"[a&&b]", "intersection"},
                                         {"[a[b]]", "nested"},
                                         {"(?~abc)", "absence"},
                                         {R"(\xff)", "raw byte"},
                                         {R"([\W])", "negated set"},
                                         {R"(\Qab\E)", "\\Q"},
                                         {"(?s:a)", "option"},
                                         {"[ab", "unclosed"},
                                         {"ab\\", "backslash"},
                                         {"(ab", "cannot be compiled"},
                                         {R"(\p{Nonsense})", "cannot be compiled"}}) {
        const auto matcher = regexMatcher(pattern);
        ASSERT_FALSE(matcher) << pattern;
        EXPECT_EQ(matcher.error().code, ErrorCode::Unsupported);
        EXPECT_NE(matcher.error().message.find(named), std::string::npos)
            << matcher.error().message;
    }
    EXPECT_FALSE(regexMatcher(""));
    EXPECT_FALSE(regexMatcher(std::string(100'000, 'a')));
}

TEST(Regex, RunawayBacktrackingEndsWithAnError) {
    const auto matcher = regexMatcher("(a+)+$");
    ASSERT_TRUE(matcher);
    const std::string text = std::string(5000, 'a') + "b";
    const auto status = (*matcher)(text, [](std::size_t, std::size_t) {});
    ASSERT_FALSE(status);
    EXPECT_NE(status.error().message.find("byte 0"), std::string::npos) << status.error().message;
}

/// Patterns of a few characters never crash the translator or the engine.
TEST(Regex, OddPatternsAreRefusedOrWork) {
    const std::string_view characters = "\\([{?*+|^$]}):,-1apPsQuxk<>&#";
    std::size_t accepted = 0;
    for (const char a : characters)
        for (const char b : characters)
            for (const char c : characters) {
                const std::string pattern{a, b, c};
                if (const auto matcher = regexMatcher(pattern)) {
                    ++accepted;
                    (void)(*matcher)("a1 (\\[-]é", [](std::size_t, std::size_t) {});
                }
            }
    EXPECT_GT(accepted, 1000u);
}

}  // namespace
}  // namespace skd
