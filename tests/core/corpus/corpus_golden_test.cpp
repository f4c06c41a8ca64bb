#include <gtest/gtest.h>

#include "corpus/corpus.h"

namespace skd {
namespace {

/// Corpora keep their SHA-256 from version to version: teacher caches and checkpoints are found by
/// it. The values are those of the first version that built corpora.
TEST(CorpusGolden, TheDefaultMixtureKeepsItsHash) {
    const auto tokenizer =
        Tokenizer::fromJsonFile(std::filesystem::path(SKD_FIXTURES) / "gpt2" / "tokenizer.json");
    ASSERT_TRUE(tokenizer);
    const std::filesystem::path resources = std::filesystem::path(SKD_SOURCE_DIR) / "resources";
    const auto standard = buildCorpus(CorpusSpec(), 42, **tokenizer, resources);
    ASSERT_TRUE(standard) << standard.error().message;
    EXPECT_EQ(standard->sha256(),
              "77f1def73d3432613b8a97c4be641280b8f36526885502049fee6a5df2a4d6d4");
    CorpusSpec repeated;
    repeated.sequenceLength = 512;
    repeated.samples = 5000;
    const auto withRepeats = buildCorpus(repeated, 7, **tokenizer, resources);
    ASSERT_TRUE(withRepeats) << withRepeats.error().message;
    EXPECT_EQ(withRepeats->sha256(),
              "b832a20ca715fbab5800f980c471fb3f7eb51b340a8a341ae0f0c5887a9e7434");
}

}  // namespace
}  // namespace skd
