#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "base/json.h"
#include "base/text.h"
#include "core/corpus/corpus_fixture.h"
#include "corpus/corpus.h"
#include "corpus/text_sources.h"

namespace skd {
namespace {

std::shared_ptr<const Tokenizer> gpt2() {
    static const auto tokenizer =
        Tokenizer::fromJsonFile(std::filesystem::path(SKD_FIXTURES) / "gpt2" / "tokenizer.json");
    return tokenizer.value();
}

/// A folder with two shares and texts to measure on, as the program's resources are laid out.
struct Sources {
    test::TemporaryFolder folder;
    CorpusSpec spec;

    Sources() {
        test::writeMeasuredTexts(folder);
        std::string lines;
        for (int i = 0; i < 40; ++i)
            lines += strCat("{\"q\": \"alpha ", i, "\", \"a\": \"beta\\n", i * i, "\"}\n");
        folder.write("corpus/a.jsonl", lines + lines.substr(0, lines.find('\n') + 1));
        std::string text;
        for (int i = 0; i < 200; ++i) text += strCat("Sentence number ", i, " of a book. ");
        folder.write("corpus/b.txt", text);
        spec.shares = {{"pairs", "resource:corpus/a.jsonl", CorpusFormat::Jsonl, {"q", "a"}, 3},
                       {"book", "resource:corpus/b.txt", CorpusFormat::Text, {}, 1}};
        spec.sequenceLength = 16;
        spec.samples = 20;
    }
    [[nodiscard]] Result<Corpus> build(std::uint64_t seed = 42) const {
        return buildCorpus(spec, seed, *gpt2(), folder.path());
    }
};

std::multiset<std::vector<TokenId>> samplesOf(const Corpus& corpus) {
    std::multiset<std::vector<TokenId>> samples;
    for (std::int64_t i = 0; i < corpus.samples(); ++i) {
        const auto sample = corpus.sample(i);
        samples.insert(std::vector<TokenId>(sample.begin(), sample.begin() + corpus.length(i)));
    }
    return samples;
}

}  // namespace

TEST(CorpusBuild, PacksEveryShareAsTheStreamOfItsDocuments) {
    const Sources sources;
    const auto corpus = sources.build();
    ASSERT_TRUE(corpus) << corpus.error().message;
    EXPECT_EQ(corpus->samples(), 20);
    EXPECT_EQ(corpus->shares[0].samples, 15);
    EXPECT_EQ(corpus->shares[1].samples, 5);
    EXPECT_EQ(corpus->shares[0].documents, 40);
    EXPECT_EQ(corpus->shares[0].duplicates, 1);
    EXPECT_EQ(corpus->separator, 50256u);
    std::vector<TokenId> stream;
    for (int i = 0; i < 40; ++i) {
        const auto ids = gpt2()->encode(strCat("alpha ", i, "\nbeta\n", i * i)).value();
        stream.insert(stream.end(), ids.begin(), ids.end());
        stream.push_back(50256);
    }
    EXPECT_EQ(corpus->shares[0].tokens, static_cast<std::int64_t>(stream.size()));
    std::set<std::vector<TokenId>> possible;
    for (std::size_t i = 0; i + 16 <= stream.size(); i += 16)
        possible.emplace(stream.begin() + i, stream.begin() + i + 16);
    const auto samples = samplesOf(*corpus);
    EXPECT_EQ(std::count_if(samples.begin(), samples.end(),
                            [&](const auto& s) { return possible.contains(s); }),
              15);
}

TEST(CorpusBuild, DrawsWithoutReplacementUntilAShareIsUsedUp) {
    Sources sources;
    sources.spec.samples = 300;
    const auto corpus = sources.build();
    ASSERT_TRUE(corpus);
    const CorpusShareStatistics& book = corpus->shares[1];
    EXPECT_EQ(book.samples, 75);
    EXPECT_EQ(book.available, book.tokens / 16);
    EXPECT_EQ(book.repeats, 0);
    const CorpusShareStatistics& pairs = corpus->shares[0];
    EXPECT_EQ(pairs.repeats, 225 - pairs.available);
    std::map<std::vector<TokenId>, int> counts;
    for (const auto& sample : samplesOf(*corpus)) ++counts[sample];
    EXPECT_EQ(static_cast<std::int64_t>(counts.size()), 75 + pairs.available);
    EXPECT_EQ(corpus->distinct(), static_cast<std::int64_t>(counts.size()));
    EXPECT_EQ(corpus->toJson()["distinct"], counts.size());
    EXPECT_EQ(repeatsText(*corpus), strCat("pairs ", pairs.available, " of 225"));
    const int full = static_cast<int>(225 / pairs.available);
    for (const auto& [sample, count] : counts)
        EXPECT_TRUE(count == 1 || count == full || count == full + 1);
}

TEST(CorpusBuild, DependsOnTheSeedAndOnNothingElse) {
    const Sources sources, same;
    EXPECT_EQ(sources.build()->sha256(), same.build()->sha256());
    EXPECT_NE(sources.build(1)->sha256(), sources.build(2)->sha256());
}

TEST(CorpusBuild, ShortShareIsPaddedOnlyWhenThereIsNothingElse) {
    Sources sources;
    sources.folder.write("corpus/a.jsonl", "\n{\"q\": \"one\", \"a\": \"two\"}\n");
    sources.spec.samples = 4;
    const auto corpus = sources.build();
    ASSERT_TRUE(corpus);
    std::int64_t shortOnes = 0;
    for (std::int64_t i = 0; i < corpus->samples(); ++i)
        shortOnes += corpus->length(i) == 4;  // one, \n, two, separator
    EXPECT_EQ(shortOnes, 3);
    EXPECT_EQ(corpus->shares[0].repeats, 2);
    EXPECT_EQ(corpus->tokens(), 3 * 4 + 16);
}

TEST(CorpusBuild, ErrorsNameFileAndLine) {
    const std::pair<const char*, const char*> cases[] = {
        {"{\"q\": \"x\"}\n", "a.jsonl:1: the field \"a\" is missing"},
        {"{\"q\": \"x\", \"a\": \"y\"}\n{\"q\": 3, \"a\": \"\"}\n", "a.jsonl:2"},
        {"\n\nnot json\n", "a.jsonl:3"},
        {"[1]\n", "not a JSON object"},
        {"", "holds no text"}};
    for (const auto& [content, message] : cases) {
        Sources sources;
        sources.folder.write("corpus/a.jsonl", content);
        const auto corpus = sources.build();
        ASSERT_FALSE(corpus) << content;
        EXPECT_NE(corpus.error().message.find(message), std::string::npos)
            << corpus.error().message;
        EXPECT_NE(corpus.error().message.find("\"pairs\""), std::string::npos);
    }
    Sources missing;
    missing.spec.shares[1].path = "/nowhere/b.txt";
    EXPECT_EQ(missing.build().error().code, ErrorCode::NotFound);
    Sources weightless;
    for (CorpusShare& share : weightless.spec.shares) share.weight = 0;
    EXPECT_EQ(weightless.build().error().code, ErrorCode::InvalidInput);
}

TEST(CorpusBuild, RefusesTheTestSplitWithTheLine) {
    Sources sources;
    std::string split = " = Title = \n\n", rows;
    for (int i = 0; i < 5; ++i) {
        const std::string line =
            strCat("Line ", i,
                   " of a split , which is long enough to be known again wherever it stands .");
        split += line + " \n";
        rows += dumpJson({{"q", "A question"}, {"a", line}}) + "\n";
    }
    sources.folder.write("text/wikitext-2-test.raw", split);
    sources.folder.write("corpus/a.jsonl", rows);
    const auto corpus = sources.build();
    ASSERT_FALSE(corpus);
    EXPECT_NE(corpus.error().message.find("a.jsonl:1: this is text of the WikiText-2 test split "
                                          "(\"Line 0 of a split"),
              std::string::npos)
        << corpus.error().message;
    std::filesystem::remove(sources.folder / "text/wikitext-2-test.raw");
    EXPECT_EQ(sources.build().error().code, ErrorCode::NotFound);
}

TEST(CorpusBuild, SharesWithoutWeightAreNotEvenOpened) {
    Sources sources;
    sources.spec.shares[0].weight = 0;
    sources.spec.shares[0].path = "/nowhere/a.jsonl";
    const auto corpus = sources.build();
    ASSERT_TRUE(corpus);
    EXPECT_EQ(corpus->shares[1].samples, 20);
}

TEST(CorpusBuild, TokenizerWithoutEndOfTextIsRefused) {
    const auto tokenizer = Tokenizer::fromJson(
        R"({"version":"1.0","added_tokens":[],"normalizer":null,"post_processor":null,
        "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,
            "use_regex":true},
        "decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,
            "use_regex":true},
        "model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":[]}})");
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    const auto separator = separatorToken(**tokenizer);
    ASSERT_FALSE(separator);
    EXPECT_EQ(separator.error().code, ErrorCode::Unsupported);
}

TEST(CorpusBuild, DefaultMixtureOfTheResources) {
    CorpusSpec spec;
    spec.samples = 100;
    const auto corpus =
        buildCorpus(spec, 42, *gpt2(), std::filesystem::path(SKD_SOURCE_DIR) / "resources");
    ASSERT_TRUE(corpus) << corpus.error().message;
    std::vector<std::int64_t> samples;
    for (const CorpusShareStatistics& share : corpus->shares) samples.push_back(share.samples);
    EXPECT_EQ(samples, (std::vector<std::int64_t>{30, 25, 25, 20}));
    EXPECT_LE(corpus->vocabularyNeeded(), 50257);
}

RC_GTEST_PROP(CorpusApportion, SumsToTheTotalAndStaysWithinOne, ()) {
    const auto total = *rc::gen::inRange<std::int64_t>(0, 100000);
    const auto raw =
        *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 100)));
    std::vector<double> weights(raw.begin(), raw.end());
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    const auto parts = apportion(total, weights);
    const auto given = std::accumulate(parts.begin(), parts.end(), std::int64_t{0});
    RC_ASSERT(given == (sum > 0 ? total : 0));
    for (std::size_t i = 0; i < parts.size() && sum > 0; ++i)
        RC_ASSERT(std::abs(static_cast<double>(parts[i]) -
                           static_cast<double>(total) * weights[i] / sum) < 1.0 + 1e-6);
}

RC_GTEST_PROP(CorpusPermutation, HoldsEveryNumberOnce, ()) {
    const auto size = *rc::gen::inRange<std::uint32_t>(0, 500);
    auto order = permutation(size, *rc::gen::arbitrary<std::uint64_t>(), 3);
    std::sort(order.begin(), order.end());
    for (std::uint32_t i = 0; i < size; ++i) RC_ASSERT(order[i] == i);
}

}  // namespace skd
