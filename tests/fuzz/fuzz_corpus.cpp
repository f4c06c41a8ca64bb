// A corpus folder: its manifest, its one share a.jsonl (also as text and WikiText), and a recipe.
#include "corpus/corpus_folder.h"
#include "corpus/corpus_recipe.h"
#include "corpus/text_sources.h"
#include "fuzz/fuzz_target.h"

namespace skd::fuzz {
namespace {

void readAs(CorpusFormat format, const std::filesystem::path& path) {
    CorpusShare share{"a", path.string(), format};
    share.stripAnnotations = true;
    static_cast<void>(visitDocuments(
        share, path, [](const SourceDocument&) -> Result<Visit> { return Visit::Continue; }));
}

}  // namespace

void tryInput(std::string_view input) {
    const auto parts = partsOf(input, 3);
    putFile("manifest.json", parts[0]);
    const std::filesystem::path rows = putFile("a.jsonl", parts[1]);
    if (const auto opened = CorpusFolder::open(folder())) {
        static_cast<void>(opened->verify());
        CorpusSpec spec;
        spec.folder = folder().string();
        static_cast<void>(resolveCorpus(spec, folder()));
    }
    for (const CorpusFormat format :
         {CorpusFormat::Jsonl, CorpusFormat::Text, CorpusFormat::WikiText})
        readAs(format, rows);
    static_cast<void>(guessShare("a", rows));
    if (const auto recipe = readRecipe(putFile("recipe.json", parts[2])))
        static_cast<void>(validateRecipe(*recipe));
}

}  // namespace skd::fuzz
