#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "base/files.h"
#include "base/json.h"
#include "base/resources.h"
#include "base/text.h"
#include "core/corpus/corpus_fixture.h"
#include "corpus/measured_texts.h"
#include "corpus/split_guard.h"
#include "corpus/wikitext.h"

namespace skd::test {
namespace {

const SplitGuard& guard() {
    static const auto instance = measuredTextsGuard(repositoryResources());
    return **instance;
}

/// What becomes of a source that is one document.
Status check(std::string_view text, const SplitGuard& by = guard()) {
    SplitGuard::Count count(by);
    const auto usable = count.add(text, "source:1");
    return usable ? count.finish() : Status(fail(usable.error()));
}

std::string testSplit() {
    return readFile(repositoryResources() / "text" / "wikitext-2-test.raw").value();
}

/// Its paragraphs, by words: at least `words` of them each.
std::vector<std::string> paragraphs(std::size_t count, std::size_t words = 60) {
    const std::string split = testSplit();
    std::vector<std::string> found;
    for (const std::string_view line : splitLines(split)) {
        const auto spaces = std::count(line.begin(), line.end(), ' ');
        if (static_cast<std::size_t>(spaces) > words) found.emplace_back(trimmed(line));
        if (found.size() == count) break;
    }
    return found;
}

std::string replacedIn(std::string text, std::string_view from, std::string_view to) {
    replaceAll(text, from, to);
    return text;
}

/// Lines of at most 72 characters.
std::string wrapped(const std::string& text) {
    std::string out;
    std::size_t column = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        if (column > 0) out += column + end - at >= 72 ? (column = 0, '\n') : ' ';
        out.append(text, at, end - at);
        column += end - at + 1;
        at = end + 1;
    }
    return out;
}

void expectRefused(const Status& status, std::string_view name = "WikiText-2 test split") {
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::InvalidInput);
    EXPECT_TRUE(status.error().message.starts_with(strCat("source:1: this is text of the ", name)))
        << status.error().message;
}

/// A corpus share that holds `rows`, one JSON object each.
Result<Corpus> corpusOfRows(const std::vector<std::string>& rows) {
    const TemporaryFolder folder;
    std::string lines;
    for (const std::string& row : rows) lines += dumpJson(Json{{"text", row}}) + "\n";
    CorpusSpec spec;
    spec.shares = {{"rows", folder.write("rows.jsonl", lines).string()}};
    spec.samples = 4;
    return buildCorpus(spec, 1, corpusTokenizer(), repositoryResources());
}

/// A guard of the words w0 to w59.
SplitGuard sixtyWords() {
    std::string words;
    for (int i = 0; i < 60; ++i) words += strCat("w", i, " ");
    SplitGuard small;
    small.begin("text");
    small.add(words);
    return small;
}

/// A document with `count` of these words, first one word of its own.
std::string passage(int first, int count) {
    std::string text = "x ";
    for (int i = first; i < first + count; ++i) text += strCat("W", i, "; ");
    return text;
}

}  // namespace

TEST(CorpusGuard, RefusesTheTestSplitInEveryForm) {
    const std::string raw = testSplit();
    const std::string detokenised = replacedIn(replacedIn(raw, " @-@ ", "-"), " @,@ ", ",");
    std::string shouted = raw;
    for (char& c : shouted)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    for (const std::string& form :
         {raw, detokenised, shouted, replacedIn(raw, "Robert", "<unk>"), replacedIn(raw, " ,", ","),
          replacedIn(raw, "\n", "\r\n"), detokenizeWikitext(raw)})
        expectRefused(check(form));
}

/// Forms in which whole paragraphs once passed: other line breaks hid them.
TEST(CorpusGuard, LineBreaksHideNothing) {
    const std::vector<std::string> some = paragraphs(300);
    ASSERT_EQ(some.size(), 300u);
    const std::string line = joined(some, " ");
    expectRefused(check(line));
    expectRefused(check(wrapped(line)));
    expectRefused(check(some[0] + "\n" + some[1] + "\n"));
    std::vector<std::string> rows;
    for (std::size_t i = 0; i < some.size(); i += 10)
        rows.push_back(joined(std::vector(some.begin() + static_cast<std::ptrdiff_t>(i),
                                          some.begin() + static_cast<std::ptrdiff_t>(i + 10)),
                              " "));
    const auto corpus = corpusOfRows(rows);
    ASSERT_FALSE(corpus);
    EXPECT_NE(corpus.error().message.find("rows.jsonl:1: this is text of the WikiText-2 test"),
              std::string::npos)
        << corpus.error().message;
}

TEST(CorpusGuard, TwoSentencesAreEnoughAndRowsOfALineEachHideNothing) {
    const std::string lines = wrapped(paragraphs(1, 80)[0]);
    std::vector<std::string> rows;
    for (const std::string_view line : splitLines(lines)) rows.emplace_back(line);
    EXPECT_FALSE(corpusOfRows(rows)) << "documents of some ten words, one after another";

    const std::vector<std::string> two = paragraphs(2, 40);
    std::vector<std::string> apart{"A text of our own."};
    for (const std::string& paragraph : two) {
        std::string words;
        for (std::size_t i = 0, at = 0; i < 28; ++i) {
            const std::size_t end = paragraph.find(' ', at);
            words += paragraph.substr(at, end - at) + " ";
            at = end + 1;
        }
        apart.push_back(words + " and so on");
        apart.emplace_back("Nothing of it stands anywhere else.");
    }
    const auto corpus = corpusOfRows(apart);
    ASSERT_FALSE(corpus);
    EXPECT_NE(corpus.error().message.find(two[0].substr(0, 20)), std::string::npos)
        << "names the first words: " << corpus.error().message;
}

TEST(CorpusGuard, EveryHeldOutTextIsGuarded) {
    for (const MeasuredText& text : measuredTexts()) {
        const auto path = resolveResource(text.source.path, repositoryResources());
        ASSERT_TRUE(path) << path.error().message;
        const auto documents = documentsOf(text.source, *path);
        ASSERT_TRUE(documents) << documents.error().message;
        for (const SourceDocument& document : *documents)
            if (document.text.size() > 500) expectRefused(check(document.text), text.name);
    }
    EXPECT_GT(guard().size(), 400'000u);
}

TEST(CorpusGuard, LetsTheShippedSamplesPass) {
    for (const CorpusShare& share : CorpusSpec::defaultShares()) {
        const auto path = resolveResource(share.path, repositoryResources());
        const auto documents = documentsOf(share, *path);
        ASSERT_TRUE(documents) << documents.error().message;
        SplitGuard::Count count(guard());
        for (const SourceDocument& document : *documents) {
            const auto usable = count.add(document.text, document.where);
            ASSERT_TRUE(usable) << share.name << ": " << usable.error().message;
            EXPECT_TRUE(*usable) << document.where;
        }
        EXPECT_EQ(count.leftOut(), 0) << share.name;
        EXPECT_LT(count.seen(), 10u) << share.name;
    }
}

/// Counted by hand: a passage of n words has n - 12 sequences; repeats of them are no more.
TEST(CorpusGuard, CountsDifferentSequencesOfDocumentsNearEachOther) {
    const SplitGuard small = sixtyWords();
    EXPECT_EQ(small.size(), 48u);
    SplitGuard::Count count(small);
    EXPECT_TRUE(*count.add(passage(0, 12), "a:1"));
    EXPECT_EQ(count.seen(), 0u);
    for (const char* where : {"a:2", "a:3"}) EXPECT_TRUE(*count.add(passage(0, 16), where));
    EXPECT_EQ(count.seen(), 4u);
    EXPECT_TRUE(*count.add(passage(20, 16), "a:4"));
    EXPECT_EQ(count.seen(), 8u);
    const auto last = count.add(passage(40, 14), "a:5");
    ASSERT_FALSE(last);
    EXPECT_TRUE(last.error().message.starts_with("a:2: this is text of the text (\"W0; W1;"))
        << last.error().message;

    SplitGuard::Count far(small);
    EXPECT_TRUE(*far.add(passage(0, 16), "a:1"));
    EXPECT_TRUE(*far.add(passage(20, 16), "a:2"));
    EXPECT_TRUE(*far.add(joined(std::vector<int>(10'000, 7), " "), "a:3"));
    EXPECT_TRUE(*far.add(passage(40, 14), "a:4")) << "too far from the others";
    EXPECT_EQ(far.seen(), 10u);
}

TEST(CorpusGuard, ADocumentInFiveHundredMayBeLeftOut) {
    const SplitGuard small = sixtyWords();
    SplitGuard::Count count(small);
    EXPECT_FALSE(*count.add(passage(0, 17), "a:1")) << "five sequences";
    EXPECT_EQ(count.seen(), 0u) << "of documents that are used";
    EXPECT_FALSE(count.finish());
    for (int i = 0; i < 499; ++i) EXPECT_TRUE(*count.add(strCat("other ", i), "a:2"));
    EXPECT_TRUE(count.finish());
    EXPECT_FALSE(*count.add(passage(0, 17), "a:501"));
    const Status two = count.finish();
    ASSERT_FALSE(two);
    EXPECT_NE(two.error().message.find("2 of 501 documents are"), std::string::npos)
        << two.error().message;
    EXPECT_TRUE(two.error().message.starts_with("a:1: "));
    for (int i = 3; i < 20; ++i) EXPECT_FALSE(*count.add(passage(i, 30), "a:502"));
    EXPECT_FALSE(count.add(passage(0, 17), "a:600")) << "the twentieth ends it";
}

TEST(CorpusGuard, WhatIsLeftOutOfALargeSourceIsCountedAndNotDrawn) {
    const std::vector<std::string> two = paragraphs(2, 60);
    const TemporaryFolder folder;
    std::string lines = jsonLines(600, "alpha");
    for (const std::string& paragraph : two) lines += dumpJson(Json{{"text", paragraph}}) + "\n";
    lines += jsonLines(400, "gamma");
    CorpusSpec spec;
    spec.shares = {{"rows", folder.write("rows.jsonl", lines).string()}};
    spec.packing = Packing::Documents;
    spec.samples = 1000;
    const auto corpus = buildCorpus(spec, 1, corpusTokenizer(), repositoryResources());
    ASSERT_TRUE(corpus) << corpus.error().message;
    EXPECT_EQ(corpus->shares[0].guarded, 2);
    EXPECT_EQ(corpus->shares[0].documents, 1000);
    EXPECT_EQ(corpus->toJson()["shares"][0]["guarded"], 2);
    for (const auto& sample : samplesOf(*corpus))
        EXPECT_EQ(corpusTokenizer().decode(sample).find(two[0].substr(0, 30)), std::string::npos);
}

TEST(CorpusGuard, WhatSeveralGuardedDocumentsShareIsACommonPhrase) {
    const std::string phrase = joined(
        std::vector<std::string>{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m",
                                 "n", "o", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z"},
        " ");
    SplitGuard small;
    small.begin("text");
    small.add("first " + phrase);
    EXPECT_FALSE(check(phrase, small));
    small.add("second " + phrase);
    EXPECT_TRUE(check(phrase, small));
    EXPECT_EQ(small.size(), 2u) << "the two with the first word";
}

/// 20 MB/s for each core on an ordinary machine; a tenth of it, so that a busy one passes too.
TEST(CorpusGuard, IsFast) {
    const std::string text = readFile(repositoryResources() / "corpus" / "c4.jsonl").value();
    const SplitGuard& known = guard();
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE(SplitGuard::Count(known).add(text, "c4"));
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    EXPECT_GT(static_cast<double>(text.size()) / seconds.count(), 2e6);
}

TEST(CorpusGuard, IsMadeOnceWhileItsFilesStayTheSame) {
    EXPECT_EQ(measuredTextsGuard(repositoryResources()).value().get(), &guard());
    const TemporaryFolder folder;
    writeMeasuredTexts(folder);
    const auto first = measuredTextsGuard(folder.path());
    ASSERT_TRUE(first) << first.error().message;
    folder.write("text/wikitext-2-test.raw", "\n = Title = \n\n" + paragraphs(1)[0]);
    EXPECT_GT(measuredTextsGuard(folder.path()).value()->size(), (*first)->size());
    std::filesystem::remove(folder / "held-out/c4.jsonl");
    EXPECT_EQ(measuredTextsGuard(folder.path()).error().code, ErrorCode::NotFound);
}

}  // namespace skd::test
