#include <gtest/gtest.h>

#include "corpus/corpus.h"

namespace skd {
namespace {

/// Corpora keep their SHA-256 from version to version: teacher caches and checkpoints are found by
/// it. The values are those that version 0.1.0 gives with these samples.
TEST(CorpusGolden, TheDefaultMixtureKeepsItsHash) {
    const auto tokenizer =
        Tokenizer::fromJsonFile(std::filesystem::path(SKD_FIXTURES) / "gpt2" / "tokenizer.json");
    ASSERT_TRUE(tokenizer);
    const std::filesystem::path resources = std::filesystem::path(SKD_SOURCE_DIR) / "resources";
    const auto standard = buildCorpus(CorpusSpec(), 42, **tokenizer, resources);
    ASSERT_TRUE(standard) << standard.error().message;
    EXPECT_EQ(standard->sha256(),
              "7e6c0ec608085ef5570f67c8518620babba974b753d74fa7b36a380f856092b9");
    CorpusSpec repeated;
    repeated.sequenceLength = 512;
    repeated.samples = 5000;
    const auto withRepeats = buildCorpus(repeated, 7, **tokenizer, resources);
    ASSERT_TRUE(withRepeats) << withRepeats.error().message;
    EXPECT_EQ(withRepeats->sha256(),
              "46bd01ba557e9fce65bc6709f26cf99cfaac53d3913a86a5859607e33f684aaf");
}

}  // namespace
}  // namespace skd
