#include "core/corpus/corpus_fixture.h"

#include "base/json.h"
#include "base/random.h"
#include "base/text.h"

namespace skd::test {

const Tokenizer& corpusTokenizer() {
    static const auto tokenizer =
        Tokenizer::fromJsonFile(std::filesystem::path(SKD_FIXTURES) / "gpt2" / "tokenizer.json");
    return *tokenizer.value();
}

std::filesystem::path repositoryResources() {
    return std::filesystem::path(SKD_SOURCE_DIR) / "resources";
}

void writeMeasuredTexts(const TemporaryFolder& folder) {
    for (const char* name : {"text/wikitext-2-test.raw", "held-out/wikitext-2-valid-rest.txt"})
        folder.write(name, strCat("\n = Title = \n\n A line of ", name, " .\n"));
    for (const char* name : {"c4", "gsm8k", "code"}) {
        Json row;
        for (const char* field : {"text", "question", "answer", "content"})
            row[field] = strCat(field, " of ", name);
        folder.write(strCat("held-out/", name, ".jsonl"), dumpJson(row) + "\n");
    }
}

Result<std::vector<SourceDocument>> documentsOf(const CorpusShare& share,
                                                const std::filesystem::path& path) {
    std::vector<SourceDocument> documents;
    const auto source = visitDocuments(share, path, [&](SourceDocument document) {
        documents.push_back(std::move(document));
        return Result<Visit>(Visit::Continue);
    });
    if (!source) return fail(source.error());
    return documents;
}

std::string jsonLines(int count, const std::string& topic) {
    std::string lines;
    for (int i = 0; i < count; ++i) {
        const CounterRandom random(static_cast<std::uint64_t>(i), topic.size());
        std::string text = strCat(topic, " ", i);
        for (std::uint64_t word = 0; word < 10 + random.below(0, 20); ++word)
            text += strCat(" w", random.below(word + 1, 500));
        lines += dumpJson(Json{{"text", text}}) + "\n";
    }
    return lines;
}

std::vector<std::vector<TokenId>> samplesOf(const Corpus& corpus) {
    std::vector<std::vector<TokenId>> samples;
    for (std::int64_t i = 0; i < corpus.samples(); ++i) {
        const auto ids = corpus.sample(i).first(static_cast<std::size_t>(corpus.length(i)));
        samples.emplace_back(ids.begin(), ids.end());
    }
    return samples;
}

}  // namespace skd::test
