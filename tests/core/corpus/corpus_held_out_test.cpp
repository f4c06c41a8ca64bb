#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/resources.h"
#include "base/text.h"
#include "core/corpus/corpus_fixture.h"
#include "corpus/corpus.h"
#include "corpus/corpus_documents.h"
#include "corpus/measured_texts.h"

namespace skd::test {
namespace {

constexpr std::int64_t kTokens = 300;

struct HeldOutSources {
    TemporaryFolder folder;
    CorpusSpec spec;

    HeldOutSources() {
        folder.write("a.jsonl", jsonLines(400, "alpha"));
        folder.write("b.jsonl", jsonLines(300, "beta") + jsonLines(80, "alpha"));
        std::string book;
        for (int i = 0; book.size() < 300'000; ++i)
            book += strCat("Line number ", i, " of a book.\n");
        folder.write("book.txt", book);
        spec.shares = {{"a", (folder / "a.jsonl").string()},
                       {"b", (folder / "b.jsonl").string()},
                       {"book", (folder / "book.txt").string(), CorpusFormat::Text}};
        spec.packing = Packing::Documents;  // so that a sample shows its document
        spec.sequenceLength = 64;
        spec.samples = 3000;
    }
    [[nodiscard]] Corpus corpus(std::int64_t tokens, std::uint64_t seed = 42) const {
        auto corpus = buildCorpus(spec, seed, corpusTokenizer(), repositoryResources(),
                                  {.heldOutTokens = tokens});
        EXPECT_TRUE(corpus) << corpus.error().message;
        return std::move(*corpus);
    }
    [[nodiscard]] std::vector<HeldOutText> texts(std::int64_t tokens = kTokens,
                                                 std::uint64_t seed = 42) const {
        auto texts = heldOut(spec, seed, corpusTokenizer(), repositoryResources(), tokens);
        EXPECT_TRUE(texts) << texts.error().message;
        return std::move(*texts);
    }
};

/// Documents of a held-out text, without their separators.
std::set<std::vector<TokenId>> documentsIn(const std::vector<TokenId>& ids) {
    std::set<std::vector<TokenId>> documents;
    std::vector<TokenId> one;
    for (const TokenId id : ids) {
        if (id != 50256) {
            one.push_back(id);
            continue;
        }
        documents.insert(one);
        one.clear();
    }
    return documents;
}

/// All runs of `length` ids.
std::set<std::vector<TokenId>> windowsOf(const std::vector<TokenId>& ids, std::size_t length) {
    std::set<std::vector<TokenId>> windows;
    for (std::size_t i = 0; i + length <= ids.size(); ++i)
        windows.emplace(ids.begin() + static_cast<std::ptrdiff_t>(i),
                        ids.begin() + static_cast<std::ptrdiff_t>(i + length));
    return windows;
}

}  // namespace

TEST(CorpusHeldOut, GivesTheTokensOfEveryShare) {
    const HeldOutSources sources;
    const auto texts = sources.texts();
    ASSERT_EQ(texts.size(), 3u);
    for (const HeldOutText& text : texts) {
        EXPECT_EQ(static_cast<std::int64_t>(text.ids.size()), kTokens) << text.name;
        EXPECT_EQ(text.sha256, idsSha256(text.ids));
        EXPECT_GT(text.documents, 0);
    }
    EXPECT_EQ(texts[1].name, "b");
    EXPECT_TRUE(sources.texts(0).empty());
}

/// By brute force: no document of a held-out text stands in any sample, whatever else the spec
/// says, and each of them does where nothing is held out.
TEST(CorpusHeldOut, NoCorpusDrawsWhatIsHeldOut) {
    HeldOutSources sources;
    std::set<std::vector<TokenId>> held;
    for (const HeldOutText& text : sources.texts(100'000))
        if (text.name != "book") held.merge(documentsIn(text.ids));
    EXPECT_GT(held.size(), 20u);
    const auto seenIn = [&](const Corpus& corpus) {
        std::set<std::vector<TokenId>> seen;
        for (std::vector<TokenId> sample : samplesOf(corpus)) {
            if (!sample.empty() && sample.back() == 50256) sample.pop_back();
            if (held.contains(sample)) seen.insert(sample);
        }
        return seen.size();
    };
    sources.spec.sequenceLength = 256;  // every document in one sample
    EXPECT_EQ(seenIn(sources.corpus(1)), 0u);
    EXPECT_EQ(seenIn(sources.corpus(100'000)), 0u);
    EXPECT_EQ(seenIn(sources.corpus(0)), held.size());
    const CorpusSpec all = sources.spec;
    sources.spec.shares.erase(sources.spec.shares.begin());  // its copies in b are drawn now
    EXPECT_EQ(seenIn(sources.corpus(1)), 0u);
    EXPECT_GT(seenIn(sources.corpus(0)), 0u);
    sources.spec = all;
    std::swap(sources.spec.shares[0], sources.spec.shares[1]);
    EXPECT_EQ(seenIn(sources.corpus(1)), 0u);
}

TEST(CorpusHeldOut, ABookIsHeldOutInBlocks) {
    HeldOutSources sources;
    sources.spec.shares.erase(sources.spec.shares.begin(), sources.spec.shares.begin() + 2);
    const auto held = sources.texts(1'000'000)[0];
    EXPECT_GT(held.ids.size(), 1000u);
    const auto shared = [&](std::int64_t tokens) {
        const auto windows = windowsOf(held.ids, 24);
        std::size_t count = 0;
        for (const auto& sample : samplesOf(sources.corpus(tokens)))
            for (const auto& window : windowsOf(sample, 24)) count += windows.contains(window);
        return count;
    };
    // Blocks are joined where one was taken out, so a few windows over a joint could agree by
    // chance.
    EXPECT_EQ(shared(1), 0u);
    EXPECT_GT(shared(0), 1000u);
}

TEST(CorpusHeldOut, DependsOnTheSeedAndNotOnTheNumberOfTokens) {
    const HeldOutSources sources;
    EXPECT_EQ(sources.corpus(1).sha256(), sources.corpus(5000).sha256());
    EXPECT_NE(sources.corpus(1).sha256(), sources.corpus(0).sha256());
    EXPECT_NE(sources.texts(kTokens, 1)[0].sha256, sources.texts(kTokens, 2)[0].sha256);
    const auto few = sources.texts(100)[0].ids, many = sources.texts(300)[0].ids;
    EXPECT_EQ(std::vector<TokenId>(many.begin(), many.begin() + 100), few);
}

TEST(CorpusHeldOut, HoldsOutOneInSixteen) {
    int held = 0;
    for (int i = 0; i < 16000; ++i) held += !HoldOut(42).split(strCat("document ", i)).held.empty();
    EXPECT_NEAR(held, 1000, 4 * std::sqrt(1000.0));
    const Corpus corpus = HeldOutSources().corpus(1);
    EXPECT_GT(corpus.shares[0].heldOut, 10);
    EXPECT_EQ(corpus.shares[0].heldOut + corpus.shares[0].documents, 400);
}

TEST(CorpusHeldOut, SpacingDoesNotChangeTheSide) {
    for (int i = 0; i < 2000; ++i) {
        const std::string text = strCat("a ", i, "\nb");
        EXPECT_EQ(HoldOut(1).split(text).held.empty(),
                  HoldOut(1).split(strCat("  a  ", i, " b\n")).held.empty());
    }
}

TEST(CorpusHeldOut, SmallSharesMayHaveNoneAndErrorsAreTheCorpuss) {
    HeldOutSources sources;
    sources.folder.write("a.jsonl", "{\"text\": \"the only document\"}\n");
    const auto texts = sources.texts();
    EXPECT_TRUE(texts[0].ids.empty() || texts[0].documents == 1);
    sources.spec.shares[0].path = "/nowhere/a.jsonl";
    EXPECT_EQ(heldOut(sources.spec, 1, corpusTokenizer(), repositoryResources(), 10).error().code,
              ErrorCode::NotFound);
}

/// Samples that ship have theirs in files of their own: nothing is taken from the samples.
TEST(CorpusHeldOut, SamplesThatShipHaveFilesOfTheirOwn) {
    CorpusSpec spec;
    spec.samples = 20;
    const auto with =
        buildCorpus(spec, 1, corpusTokenizer(), repositoryResources(), {.heldOutTokens = 100});
    ASSERT_TRUE(with) << with.error().message;
    EXPECT_EQ(with->sha256(),
              buildCorpus(spec, 1, corpusTokenizer(), repositoryResources())->sha256());
    spec = {};
    const auto texts = heldOut(spec, 1, corpusTokenizer(), repositoryResources(), 2000);
    ASSERT_TRUE(texts) << texts.error().message;
    ASSERT_EQ(texts->size(), 4u);
    for (const HeldOutText& text : *texts) {
        const auto share = std::ranges::find(spec.shares, text.name, &CorpusShare::name);
        const auto path = resolveResource(heldOutOf(*share)->path, repositoryResources());
        std::vector<TokenId> expected;
        const auto documents = documentsOf(*share, *path);
        for (const SourceDocument& document : *documents) {
            const auto ids = corpusTokenizer().encode(document.text);
            expected.insert(expected.end(), ids->begin(), ids->end());
            expected.push_back(50256);
            if (expected.size() >= 2000) break;
        }
        expected.resize(2000);
        EXPECT_EQ(text.ids, expected) << text.name;
    }
}

/// Against the places of "<unk>" in the decoded text.
TEST(CorpusHeldOut, TokensOfUnknownWordsAreMarked) {
    const auto texts = heldOut({}, 1, corpusTokenizer(), repositoryResources(), 600);
    ASSERT_TRUE(texts) << texts.error().message;
    for (const HeldOutText& text : *texts) {
        EXPECT_EQ(text.unscored.empty(), text.name != "wikitext") << text.name;
        const auto textOf = [&](std::size_t tokens) {
            return corpusTokenizer().decode(std::span(text.ids).first(tokens));
        };
        const std::string whole = textOf(text.ids.size());
        for (std::size_t i = 0; i + 8 < text.unscored.size(); ++i) {
            const std::size_t begin = textOf(i).size(), end = textOf(i + 1).size();
            bool inside = false;
            for (std::size_t at = whole.find("<unk>"); at < end; at = whole.find("<unk>", at + 1))
                inside |= begin < at + 5;
            EXPECT_EQ(text.unscored[i], inside) << i;
        }
    }
}

TEST(CorpusHeldOut, ACopyOfASampleThatShipsIsNotHeldOutOfAnotherShare) {
    const TemporaryFolder folder;
    CorpusSpec spec;
    spec.shares.resize(1);
    const auto path = resolveResource(spec.shares[0].path, repositoryResources());
    std::string lines = readBytes(*path) + jsonLines(300, "alpha");
    spec.shares.push_back({"mine", folder.write("mine.jsonl", lines).string()});
    const auto texts = heldOut(spec, 1, corpusTokenizer(), repositoryResources(), 100'000);
    ASSERT_TRUE(texts) << texts.error().message;
    std::set<std::vector<TokenId>> shipped;
    const auto documents = documentsOf(spec.shares[0], *path);
    for (const SourceDocument& document : *documents)
        shipped.insert(*corpusTokenizer().encode(document.text));
    EXPECT_GT((*texts)[1].documents, 5);
    for (const auto& document : documentsIn((*texts)[1].ids))
        EXPECT_FALSE(shipped.contains(document));
}

}  // namespace skd::test
