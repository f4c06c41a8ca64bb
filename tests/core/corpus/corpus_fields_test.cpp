#include <gtest/gtest.h>

#include <map>

#include "base/text.h"
#include "core/corpus/corpus_fixture.h"
#include "corpus/corpus.h"
#include "corpus/corpus_folder_builder.h"

/// Each field of CorpusSpec and CorpusShare changes what its help says.
namespace skd::test {
namespace {

struct TwoSources {
    TemporaryFolder folder;
    CorpusSpec spec;

    TwoSources() {
        folder.write("a.jsonl", jsonLines(200, "alpha"));
        folder.write("b.jsonl", jsonLines(200, "beta"));
        spec.shares = {{"a", (folder / "a.jsonl").string()}, {"b", (folder / "b.jsonl").string()}};
        spec.sequenceLength = 32;
        spec.samples = 60;
    }
    [[nodiscard]] Corpus build(const CorpusOptions& options = {}) const {
        auto corpus = buildCorpus(spec, 42, corpusTokenizer(), repositoryResources(), options);
        EXPECT_TRUE(corpus) << corpus.error().message;
        return std::move(*corpus);
    }
    [[nodiscard]] std::string errorOf() const {
        const auto corpus = buildCorpus(spec, 42, corpusTokenizer(), repositoryResources());
        EXPECT_FALSE(corpus);
        return corpus ? "" : corpus.error().message;
    }
};

std::string textOf(const Corpus& corpus) {
    std::string text;
    for (const auto& sample : samplesOf(corpus)) text += corpusTokenizer().decode(sample);
    return text;
}

bool holds(const std::string& text, const char* word) {
    return text.find(word) != text.npos;
}

/// Documents cut by themselves: written without SampleCutter.
std::vector<std::vector<TokenId>> piecesOf(const std::filesystem::path& path, std::size_t length) {
    std::vector<std::vector<TokenId>> pieces;
    const auto documents = documentsOf({"s", ""}, path);
    for (const SourceDocument& document : *documents) {
        std::vector<TokenId> ids = *corpusTokenizer().encode(document.text);
        ids.push_back(50256);
        for (std::size_t i = 0; i < ids.size(); i += length)
            if (ids.size() - i >= 2)
                pieces.emplace_back(
                    ids.begin() + static_cast<std::ptrdiff_t>(i),
                    ids.begin() + static_cast<std::ptrdiff_t>(std::min(i + length, ids.size())));
    }
    return pieces;
}

}  // namespace

TEST(CorpusFields, SequenceLengthAndSamples) {
    TwoSources sources;
    sources.spec.sequenceLength = 48;
    sources.spec.samples = 17;
    const Corpus corpus = sources.build();
    EXPECT_EQ(corpus.samples(), 17);
    for (const auto& sample : samplesOf(corpus)) EXPECT_EQ(sample.size(), 48u);
}

TEST(CorpusFields, Weight) {
    TwoSources sources;
    sources.spec.shares[0].weight = 3;
    const Corpus corpus = sources.build();
    EXPECT_EQ(corpus.shares[0].samples, 45);
    EXPECT_EQ(corpus.shares[1].samples, 15);
}

TEST(CorpusFields, NameAndPath) {
    TwoSources sources;
    sources.spec.shares.pop_back();
    EXPECT_TRUE(holds(textOf(sources.build()), "alpha"));
    sources.spec.shares[0].path = (sources.folder / "b.jsonl").string();
    sources.spec.shares[0].name = "called so";
    const Corpus corpus = sources.build();
    EXPECT_EQ(corpus.shares[0].name, "called so");
    EXPECT_FALSE(holds(textOf(corpus), "alpha"));
    EXPECT_TRUE(holds(textOf(corpus), "beta"));
}

TEST(CorpusFields, FormatAndExtensions) {
    TwoSources sources;
    const auto path =
        sources.folder.write("w.raw", " \n = One = \n \n text one \n \n = Two = \n \n text two \n");
    sources.folder.write("code/a.py", "alpha = 1\n");
    sources.folder.write("code/b.cpp", "int beta;\n");
    const auto documents = [&](CorpusFormat format, const std::filesystem::path& from) {
        sources.spec.shares = {{"w", from.string(), format}};
        return sources.build().shares[0].documents;
    };
    EXPECT_EQ(documents(CorpusFormat::Text, path), 1);
    EXPECT_EQ(documents(CorpusFormat::WikiText, path), 2);
    EXPECT_EQ(documents(CorpusFormat::Files, sources.folder / "code"), 2);
    sources.spec.shares[0].extensions = {".py"};
    const Corpus python = sources.build();
    EXPECT_EQ(python.shares[0].documents, 1);
    EXPECT_FALSE(holds(textOf(python), "beta"));
    sources.spec.shares = {{"w", path.string(), CorpusFormat::Jsonl}};
    EXPECT_TRUE(holds(sources.errorOf(), "w.raw:2"));
}

TEST(CorpusFields, FieldsAndStripAnnotations) {
    TwoSources sources;
    sources.folder.write("q.jsonl", "{\"q\": \"What is 1+1?\", \"a\": \"<<1+1=2>>2\"}\n");
    sources.spec.shares = {
        {"q", (sources.folder / "q.jsonl").string(), CorpusFormat::Jsonl, {"q", "a"}}};
    sources.spec.samples = 1;
    EXPECT_EQ(textOf(sources.build()), "What is 1+1?\n<<1+1=2>>2<|endoftext|>");
    sources.spec.shares[0].stripAnnotations = true;
    EXPECT_EQ(textOf(sources.build()), "What is 1+1?\n2<|endoftext|>");
    sources.spec.shares[0].fields = {"a"};
    EXPECT_EQ(textOf(sources.build()), "2<|endoftext|>");
}

TEST(CorpusFields, Packing) {
    TwoSources sources;
    sources.spec.shares.pop_back();
    auto expected = piecesOf(sources.folder / "a.jsonl", 32);
    sources.spec.samples = static_cast<std::int64_t>(expected.size());
    sources.spec.packing = Packing::Documents;
    const Corpus corpus = sources.build();
    EXPECT_EQ(corpus.shares[0].available, sources.spec.samples);
    EXPECT_EQ(corpus.shares[0].repeats, 0);
    auto samples = samplesOf(corpus);
    std::sort(expected.begin(), expected.end());
    std::sort(samples.begin(), samples.end());
    EXPECT_EQ(samples, expected);
    for (std::int64_t i = 0; i < corpus.samples(); ++i)
        for (std::int64_t j = corpus.length(i); j < 32; ++j)
            EXPECT_EQ(corpus.sample(i)[static_cast<std::size_t>(j)], corpus.separator);
    sources.spec.packing = Packing::Packed;
    EXPECT_LT(sources.build().shares[0].available, sources.spec.samples);
}

TEST(CorpusFields, Without) {
    TwoSources sources;
    sources.spec.without = {"b"};
    const Corpus corpus = sources.build();
    EXPECT_EQ(corpus.shares.size(), 1u);
    EXPECT_FALSE(holds(textOf(corpus), "beta"));
    sources.spec.shares[1].path = "/nowhere";
    sources.spec.shares[1].format = CorpusFormat::WikiText;
    sources.spec.without = {"wikitext"};
    EXPECT_EQ(sources.build().sha256(), corpus.sha256());
    sources.spec.without = {"c"};
    EXPECT_TRUE(holds(sources.errorOf(), "the shares are a, b"));
    sources.spec.without = {"a", "b"};
    EXPECT_TRUE(holds(sources.errorOf(), "no share with a weight"));
}

TEST(CorpusFields, FolderWithoutWikiText) {
    TwoSources sources;
    const auto wiki = sources.folder.write("w.raw", " \n = One = \n \n text of gamma one \n");
    CorpusRecipe recipe;
    recipe.shares = {{sources.spec.shares[0]},
                     {{"articles", wiki.string(), CorpusFormat::WikiText}}};
    ASSERT_TRUE(buildCorpusFolder(recipe, sources.folder / "out", repositoryResources()));
    sources.spec = CorpusSpec();
    sources.spec.folder = (sources.folder / "out").string();
    sources.spec.samples = 8;
    EXPECT_TRUE(holds(textOf(sources.build()), "gamma"));
    sources.spec.without = {"wikitext"};  // the format that the share was made from
    EXPECT_FALSE(holds(textOf(sources.build()), "gamma"));
    sources.spec.without = {"articles"};
    EXPECT_FALSE(holds(textOf(sources.build()), "gamma"));
}

/// A share that is too large to keep is read twice and gives the same corpus.
TEST(CorpusFields, ReadingTwiceGivesTheSameCorpus) {
    TwoSources sources;
    for (const Packing packing : {Packing::Packed, Packing::Documents})
        for (const std::int64_t samples : {1, 7, 60, 900})
            for (const std::int64_t heldOutTokens : {0, 1}) {
                sources.spec.packing = packing;
                sources.spec.samples = samples;
                const Corpus kept = sources.build({.heldOutTokens = heldOutTokens});
                for (const std::int64_t limit : {0, 1000}) {
                    const Corpus twice =
                        sources.build({.heldOutTokens = heldOutTokens, .keptTokens = limit});
                    EXPECT_EQ(twice.sha256(), kept.sha256()) << samples << " " << limit;
                    EXPECT_EQ(twice.toJson(), kept.toJson());
                }
            }
}

TEST(CorpusFields, CancellingGivesAnEmptyCorpus) {
    const TwoSources sources;
    for (const int after : {0, 1, 250, 399, 401, 700}) {
        int asked = 0;
        const Corpus corpus =
            sources.build({.keptTokens = 0, .cancelled = [&] { return asked++ >= after; }});
        EXPECT_EQ(corpus.samples(), 0) << after;
    }
}

TEST(CorpusFields, ACorpusThatDoesNotFitIsRefusedWithTheNumbers) {
    TwoSources sources;
    sources.spec.samples = 1'000'000'000;
    sources.spec.sequenceLength = 131072;
    EXPECT_TRUE(holds(sources.errorOf(), "lower corpus.samples or corpus.sequence_length"));
}

}  // namespace skd::test
