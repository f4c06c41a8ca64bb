#include <gtest/gtest.h>

#include "corpus/corpus.h"

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

}  // namespace
}  // namespace skd::test
