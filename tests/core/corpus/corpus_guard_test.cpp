#include <gtest/gtest.h>

#include "base/files.h"
#include "base/text.h"
#include "corpus/corpus_documents.h"
#include "corpus/wikitext.h"

namespace skd {
namespace {

const std::filesystem::path kResources = std::filesystem::path(SKD_SOURCE_DIR) / "resources";

std::string testSplit() {
    return readFile(kResources / "text" / "wikitext-2-test.raw").value();
}

const SplitGuard& guard() {
    static const SplitGuard instance = SplitGuard::fromText(testSplit(), "WikiText-2 test split");
    return instance;
}

Status check(std::string_view text) {
    return SplitGuard::Count(guard()).add(text, "source:1");
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

}  // namespace

TEST(CorpusGuard, RefusesTheTestSplitInEveryForm) {
    const std::string raw = testSplit();
    const std::string detokenised = replaced(replaced(raw, " @-@ ", "-"), " @,@ ", ",");
    const std::string unknown = replaced(raw, "Robert", "<unk>");
    for (const std::string& form :
         {raw, detokenised, unknown, replaced(raw, " ,", ","), replaced(raw, "\n", "\r\n")}) {
        const Status status = check(form);
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().code, ErrorCode::InvalidInput);
        EXPECT_TRUE(status.error().message.starts_with(
            "source:1: this is text of the WikiText-2 test split"));
    }
    EXPECT_GT(guard().lineCount(), 1500u);
}

TEST(CorpusGuard, LetsTrainingTextPass) {
    for (const char* name : {"wikitext-2-valid.txt", "c4.jsonl", "gsm8k.jsonl", "code.jsonl"}) {
        const Status status = check(readFile(kResources / "corpus" / name).value());
        EXPECT_TRUE(status) << name << ": " << status.error().message;
    }
}

TEST(CorpusGuard, CountsDifferentLinesAndToleratesAHandful) {
    const std::string text = testSplit();
    std::vector<std::string> lines;
    for (const std::string_view line : splitLines(text))
        if (line.size() > 200) lines.emplace_back(line);
    SplitGuard::Count count(guard());
    for (int repeat = 0; repeat < 10; ++repeat)
        EXPECT_TRUE(count.add(lines[0] + "\n" + lines[1], "a:1"));
    EXPECT_TRUE(
        count.add("something else entirely that is also longer than forty characters", "a:2"));
    const Status third = count.add(lines[2], "a:3");
    ASSERT_FALSE(third);
    EXPECT_TRUE(third.error().message.starts_with("a:3"));
}

}  // namespace skd
