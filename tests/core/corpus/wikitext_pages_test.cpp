#include "corpus/wikitext.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <algorithm>

#include "base/files.h"
#include "base/hash.h"

namespace skd {
namespace {

const std::filesystem::path kFile =
    std::filesystem::path(SKD_SOURCE_DIR) / "resources/text/wikitext-2-test.raw";

/// Counts and hash of the data set's own pages under lm-evaluation-harness 0.4's detokeniser.
TEST(WikitextPages, AreThoseOfTheHarness) {
    const auto pages = wikitextPages(*readFile(kFile));
    ASSERT_EQ(pages.size(), 62u);
    std::int64_t words = 0;
    std::size_t bytes = 0, largest = 0, scored = 0;
    std::string joined;
    for (const std::string& page : pages) {
        words += countWikitextWords(page);
        bytes += page.size();
        largest = std::max(largest, page.size());
        const std::string text = detokenizeWikitext(page);
        scored += text.size();
        joined += (joined.empty() ? "" : std::string(1, '\0')) + text;
    }
    EXPECT_EQ(words, 241335);
    EXPECT_EQ(bytes, 1290527u);
    EXPECT_EQ(largest, 74943u);
    EXPECT_EQ(scored, 1240466u);
    EXPECT_EQ(sha256Hex(joined),
              "b0ae50e166add20959a5406d9b3c99fe1f23819ec0a10149047149434fb85d81");
}

TEST(WikitextRows, JoinedAreTheDataSetsText) {
    const std::string raw = *readFile(kFile);
    EXPECT_EQ(wikitextRows(raw).size(), 4358u);
    const std::string joined = joinWikitextRows(raw);
    EXPECT_EQ(joined.size(), 1296370u);
    EXPECT_EQ(sha256Hex(joined),
              "696cca6b65a171b0a358a4be6732cdfdf2dd6164a32e20fd70e3c13fc4dfae83");
}

TEST(WikitextPages, TitlesOpenPagesAndHeadingsDoNot) {
    const auto pages =
        wikitextPages(" \n = One = \n a \n = = Part = = \n b \n = Two = \n = = = Deep = = = \n c");
    ASSERT_EQ(pages.size(), 2u);
    EXPECT_EQ(pages[0], " = One = \n a \n = = Part = = \n b ");
    EXPECT_EQ(pages[1], " = Two = \n = = = Deep = = = \n c");
    EXPECT_EQ(wikitextPages("no title\nat all"), std::vector<std::string>{"no title\nat all"});
    EXPECT_EQ(wikitextPages("words\n = T = \n x").size(), 2u);
    EXPECT_TRUE(wikitextPages("").empty());
    EXPECT_TRUE(wikitextPages(" \n\n").empty());
}

/// Each expectation is what Python's re gives for the task's rules.
TEST(WikitextDetokenizer, EveryRule) {
    const std::vector<std::pair<const char*, const char*>> cases{
        {"the dogs ' tails", "the dogs' tails"},
        {"a /' 5/ b", "a /'[0-9]/ b"},
        {"12 @-@ inch 1 @,@ 000 2 @.@ 5", "12-inch 1,000 2.5"},
        {"a : b ; c . d ! e ? f , g", "a: b; c. d! e? f, g"},
        {"( a ( b ) c )", "(a ( b) c )"},
        {"[ x ] { y } ( )", "[x] {y} ()"},
        {"say \" hello \" and \" bye", "say \"hello\" and \" bye"},
        {"it ' s John ' s", "it's John' s"},
        {"= = = = x = = = y = = z", "==== x === y == z"},
        {"20 \u00B0 C", "20\u00B0C"},
        {"a \n b", "a\nb"},
        {"an N here", "an 1 here"},
        {"John 's", "John's"},
        {"( \u00A0a\u3000 )", "(a)"},
        {"( open", "( open"}};
    for (const auto& [page, expected] : cases)
        EXPECT_EQ(detokenizeWikitext(page), expected) << page;
}

TEST(WikitextWords, CountEmptyEndsAsTheTaskDoes) {
    EXPECT_EQ(countWikitextWords("a b"), 2);
    EXPECT_EQ(countWikitextWords(" a  b\n"), 4);
    EXPECT_EQ(countWikitextWords(""), 1);
    EXPECT_EQ(countWikitextWords("a\u00A0b\u001Cc\u3000d"), 4);
    EXPECT_EQ(countWikitextWords("a\u200Bb"), 1) << "a zero-width space is none to Python";
}

RC_GTEST_PROP(WikitextPages, JoinedByNewlinesAreTheFile, ()) {
    const auto lines = *rc::gen::container<std::vector<std::string>>(
        rc::gen::element<std::string>(" = T = ", " text ", "", " = = H = = "));
    std::string raw = " = First = ";
    for (const std::string& line : lines) raw += "\n" + line;
    std::string joined;
    for (const std::string& page : wikitextPages(raw))
        joined += (joined.empty() ? "" : "\n") + page;
    RC_ASSERT(joined == raw);
}

}  // namespace
}  // namespace skd
