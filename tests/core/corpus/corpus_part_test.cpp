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

}  // namespace
}  // namespace skd::test
