// Texts of tasks against what Python says of the harness' own expressions.
#include "eval/tasks/task_text.h"

#include <gtest/gtest.h>

#include "base/unicode.h"
#include "eval/tasks/exact_match.h"
#include "eval/tasks/python_random.h"

namespace skd::test {
namespace {

TEST(TaskText, HellaSwagIsCleaned) {
    EXPECT_EQ(hellaSwagText(" How to bake [title] Heat  the oven.[step] Wait [a\nb] [open "),
              "How to bake. Heat the oven. Wait [a\nb] [open");
    EXPECT_EQ(hellaSwagText("\x1c\u2003x\u00a0\x1f"), "x");
    EXPECT_EQ(hellaSwagText("[[a]b]   c"), "b]  c");
    EXPECT_EQ(hellaSwagText(""), "");
}

TEST(TaskText, CapitalisedAsPythonDoesIt) {
    const std::vector<std::pair<const char*, const char*>> cases{
        {"hELLO World", "Hello world"},
        {"\uFB01RST", "First"},
        {"\u0391\u03A3 \u03A3\u0391\u03A3. \u03A3", "\u0391\u03C2 \u03C3\u03B1\u03C2. \u03C3"},
        {"\u00DFA", "Ssa"},
        {"\u0130X", "\u0130x"},
        {"X\u0130", "Xi\u0307"},
        {"a'\u03A3", "A'\u03C2"},
        {"", ""},
        {"\u01C6A", "\u01C5a"},
        {"\u0149A", "\u02BCNa"}};
    for (const auto& [given, expected] : cases)
        EXPECT_EQ(unicode::capitalised(given), expected) << given;
}

TEST(TaskText, MathQaChoicesAreFound) {
    using Choices = std::vector<std::string>;
    EXPECT_EQ(
        mathQaChoices("a ) 38 , b ) 27.675 , c ) 30 , d ) data inadequate , e ) none of these"),
        (Choices{"38", "27.675", "30", "data inadequate", "none of these"}));
    EXPECT_EQ(mathQaChoices("a ) 1,000 , b ) (a and b ) x , c )  , d ) 4 , e ) 5\n"),
              (Choices{"1,000", "(a and b ) x", "", "4", "5"}));
    EXPECT_EQ(mathQaChoices("e ) 1 , a ) 2 , b ) 3"), (Choices{"1 , a ) 2 , b ) 3"}));
    EXPECT_EQ(mathQaChoices("a ) 1 b ) 2"), Choices{});
}

TEST(TaskText, WhiteSpaceIsPythons) {
    EXPECT_EQ(withoutTrailingSpace(" a \u3000\n"), " a");
    EXPECT_EQ(withoutOuterSpace(" \t\u2028"), "");
    EXPECT_EQ(withoutOuterSpace("\u200Ba"), "\u200Ba") << "no white space, though it has no width";
}

TEST(ExactMatch, AnswersAreExtracted) {
    struct Case {
        const char *text, *strict, *flexible;
    };
    for (const auto& [text, strict, flexible] :
         {Case{"so #### -1,234.5 and #### 7", "-1,234.5", "7"}, Case{"#### x #### 5", "5", "5"},
          Case{"#### $5 7-8", "[invalid]", "-8"}, Case{"cost $12.50.", "[invalid]", "$12.50."},
          Case{"a-5", "[invalid]", "-5"}, Case{"...", "[invalid]", "..."},
          Case{"no", "[invalid]", "[invalid]"}, Case{"", "[invalid]", "[invalid]"}}) {
        EXPECT_EQ(strictAnswer(text), strict) << text;
        EXPECT_EQ(flexibleAnswer(text), flexible) << text;
    }
}

TEST(ExactMatch, WhatIsIgnoredIsIgnored) {
    EXPECT_TRUE(isExactMatch("1200", "a #### b #### 1,200."));
    EXPECT_TRUE(isExactMatch("$5.\n", "5\n"));
    EXPECT_TRUE(isExactMatch("X.", "x"));
    EXPECT_TRUE(isExactMatch(".", ""));
    EXPECT_FALSE(isExactMatch("1.20", "120"));
    EXPECT_FALSE(isExactMatch("[invalid]", "#### 5"));
}

TEST(ExactMatch, AnAnswerEndsBeforeTheFirstStop) {
    EXPECT_EQ(untilStop("one Question: two</s>", {"Question:", "</s>"}), "one ");
    EXPECT_EQ(untilStop("one", {"", "x"}), "one");
}

/// What random.Random(seed).sample(range(size), count) of Python 3.11 gives, one after the other.
TEST(PythonRandom, DrawsWhatPythonDraws) {
    using Drawn = std::vector<std::size_t>;
    PythonRandom random(1234);
    EXPECT_EQ(random.sample(10, 3), (Drawn{7, 1, 0}));
    EXPECT_EQ(random.sample(1000, 6), (Drawn{92, 932, 965, 961, 826, 596}));
    EXPECT_EQ(random.sample(117, 7), (Drawn{4, 85, 88, 10, 12, 98, 45}));
    EXPECT_EQ(random.next(), 1017090249U);
    PythonRandom wide(5000000000);
    EXPECT_EQ(wide.next(), 372202282U);
    EXPECT_EQ(wide.next(), 4101146408U);
    EXPECT_EQ(wide.next(), 2606164382U);
    EXPECT_EQ(wide.sample(4, 0), Drawn{});
}

}  // namespace
}  // namespace skd::test
