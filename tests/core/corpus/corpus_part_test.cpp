#include <gtest/gtest.h>

#include "core/corpus/corpus_fixture.h"
#include "corpus/run_corpus.h"

namespace skd::test {
namespace {

TEST(CorpusPart, TheFirstSamplesAreACorpusOfTheirOwn) {
    Corpus whole(4, {1, 2, 3, 4, 5, 6, 7, 0, 8, 9, 10, 11}, {4, 3, 4});
    whole.separator = 7;
    whole.shares.resize(2);
    whole.shares[0].available = 5;
    whole.shares[1].available = 9;
    EXPECT_EQ(whole.available(), 14);
    const Corpus part = whole.first(2);
    EXPECT_EQ(part.samples(), 2);
    EXPECT_EQ(part.length(1), 3);
    EXPECT_EQ(part.sample(1)[0], 5);
    EXPECT_EQ(part.separator, 7);
    EXPECT_EQ(part.sha256(), Corpus(4, {1, 2, 3, 4, 5, 6, 7, 0}, {4, 3}).sha256());
    EXPECT_NE(part.sha256(), whole.sha256());
    EXPECT_EQ(whole.first(3).sha256(), whole.sha256());
    EXPECT_EQ(whole.first(100).samples(), 3);
}

TEST(CorpusPart, ACorpusThatFollowsTheStepsRepeatsNothing) {
    const TemporaryFolder folder;
    RunSpec spec;
    spec.corpus.shares = {{"lines", folder.write("a.jsonl", jsonLines(60, "rivers")).string()}};
    spec.corpus.sequenceLength = 16;
    spec.corpus.samples = 0;
    spec.distill.batch = 2;
    spec.prune.calibrationTokens = spec.prune.fisherTokens = spec.prune.probeTokens = 64;
    const auto built = [&] {
        auto corpus = buildRunCorpus(spec, 7, corpusTokenizer(), repositoryResources());
        EXPECT_TRUE(corpus) << corpus.error().message;
        return corpus.value_or(Corpus(16, {}, {}));
    };
    spec.distill.steps = 3;
    EXPECT_EQ(built().samples(), 6);
    spec.distill.steps = 100'000;
    const Corpus whole = built();
    EXPECT_EQ(whole.samples(), whole.available());
    EXPECT_EQ(whole.shares.at(0).repeats, 0);
    spec.distill.budget = 16 * 9 - 3;
    EXPECT_EQ(built().samples(), 9);
    spec.corpus.samples = whole.samples() + 5;
    EXPECT_EQ(built().shares.at(0).repeats, 5) << "as given";
}

TEST(CorpusPart, WhatIsLeftOutIsNotLearned) {
    Corpus corpus(4, {1, 2, 3, 4, 5, 6, 7, 0}, {4, 3});
    EXPECT_EQ(corpus.learned(0), 3);
    EXPECT_EQ(corpus.learned(1), 2) << "padding";
    EXPECT_FALSE(corpus.isLearned(0, 0)) << "nothing predicts the first token";
    EXPECT_FALSE(corpus.isLearned(1, 3)) << "padding";
    corpus.leaveOut({true, false, true, false, false, true, false, true});
    EXPECT_EQ(corpus.learned(0), 2);
    EXPECT_EQ(corpus.learned(1), 1);
    EXPECT_FALSE(corpus.isLearned(0, 2));
    EXPECT_TRUE(corpus.isLearned(0, 3));
    EXPECT_FALSE(corpus.isLearned(1, 1));
    EXPECT_EQ(corpus.first(1).learned(0), 2) << "a part keeps it";
    EXPECT_EQ(corpus.sha256(), Corpus(4, {1, 2, 3, 4, 5, 6, 7, 0}, {4, 3}).sha256());
}

/// Against the places of "<unk>" in each sample's decoded text.
TEST(CorpusPart, UnknownWordsAreLearnedOnDemandOnly) {
    CorpusSpec spec;
    spec.without = {"c4", "gsm8k", "code"};
    spec.sequenceLength = 64;
    spec.samples = 12;
    const auto built = [&] {
        auto corpus = buildCorpus(spec, 3, corpusTokenizer(), repositoryResources());
        EXPECT_TRUE(corpus) << corpus.error().message;
        return corpus.value_or(Corpus(64, {}, {}));
    };
    const Corpus corpus = built();
    std::int64_t leftOut = 0;
    for (std::int64_t i = 0; i < corpus.samples(); ++i) {
        const auto textOf = [&](std::int64_t tokens) {
            return corpusTokenizer().decode(
                corpus.sample(i).first(static_cast<std::size_t>(tokens)));
        };
        const std::string whole = textOf(64);
        for (std::int64_t j = 1; j < 64; ++j) {
            const std::size_t begin = textOf(j).size(), end = textOf(j + 1).size();
            bool inside = false;
            for (std::size_t at = whole.find("<unk>"); at < end; at = whole.find("<unk>", at + 1))
                inside |= begin < at + 5;
            EXPECT_EQ(corpus.isLearned(i, j), !inside) << i << ", " << j;
            leftOut += inside;
        }
    }
    EXPECT_GT(leftOut, 12);
    spec.learnUnknown = true;
    const Corpus everything = built();
    EXPECT_EQ(everything.sha256(), corpus.sha256());
    for (std::int64_t i = 0; i < 12; ++i) EXPECT_EQ(everything.learned(i), 63);
}

}  // namespace
}  // namespace skd::test
