#include "corpus/corpus_folder_builder.h"

#include <zlib.h>

#include <algorithm>

#include "base/files.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/resources.h"
#include "base/staging_folder.h"
#include "base/text.h"
#include "corpus/corpus.h"
#include "corpus/corpus_cutter.h"
#include "corpus/corpus_documents.h"
#include "corpus/corpus_folder.h"
#include "spec/json_writer.h"
#include "tokenizer/unknown_words.h"

namespace skd {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kFractionStream = 0x6672616374696f6eull;

/// Writes one share of a corpus folder: {"text": ...} a line, through a buffer.
class ShareWriter {
public:
    explicit ShareWriter(AtomicFile file) : m_file(std::move(file)) {}

    Status add(const std::string& text) {
        m_buffer += "{\"text\":";
        m_buffer += dumpJson(Json(text));
        m_buffer += "}\n";
        return m_buffer.size() >= kBuffer ? flush() : Status();
    }
    Status commit() {
        SKD_CHECK(flush());
        return m_file.commit();
    }

    [[nodiscard]] std::uint64_t bytes() const { return m_bytes; }
    /// Of the file; to be asked once, after commit().
    std::string sha256() { return m_hash.hex(); }

private:
    static constexpr std::size_t kBuffer = 1u << 20;

    Status flush() {
        m_hash.update(m_buffer);
        m_bytes += m_buffer.size();
        SKD_CHECK(m_file.write(m_buffer));
        m_buffer.clear();
        return {};
    }

    AtomicFile m_file;
    Sha256 m_hash;
    std::string m_buffer;
    std::uint64_t m_bytes = 0;
};

/// Counts of one share that its reader does not have.
struct ShareCounts {
    std::int64_t documents = 0, characters = 0, unknownWords = 0, tooShort = 0, notDrawn = 0;
};

class FolderBuilder {
public:
    FolderBuilder(const CorpusRecipe& recipe, const fs::path& folder,
                  std::shared_ptr<const SplitGuard> guard, const CorpusFolderOptions& options)
        : m_recipe(recipe),
          m_folder(folder),
          m_options(options),
          m_reader(std::move(guard), recipe.dropDuplicates) {}

    /// The manifest's shares; null when cancelled.
    Result<Json> shares(const fs::path& resourceFolder) {
        if (m_options.tokenizer != nullptr) {
            SKD_TRY(m_separator, separatorToken(*m_options.tokenizer));
        }
        std::vector<double> weights;
        for (const RecipeShare& share : m_recipe.shares) weights.push_back(share.source.weight);
        const std::vector<std::int64_t> wanted = apportion(m_recipe.samples, weights);
        Json list = Json::array();
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            SKD_TRY(const fs::path path,
                    resolveResource(m_recipe.shares[i].source.path, resourceFolder));
            SKD_TRY(Json entry, write(m_recipe.shares[i], path, wanted[i]));
            if (m_cancelled) return Json();
            list.push_back(std::move(entry));
        }
        return list;
    }

private:
    Result<Json> write(const RecipeShare& share, const fs::path& path, std::int64_t wanted) {
        SKD_TRY(AtomicFile file, AtomicFile::create(m_folder / (share.source.name + ".jsonl")));
        ShareWriter writer(std::move(file));
        ShareCounts counts;
        SampleCutter cutter(m_recipe.packing, m_recipe.sequenceLength, m_separator,
                            [](std::int64_t, std::span<const TokenId>) {});
        const auto take = [&](const UsableDocument& document) -> Result<Visit> {
            if (m_options.progress && !m_options.progress(share.source.name, document.position)) {
                m_cancelled = true;
                return Visit::Stop;
            }
            if (!counted(share, document, counts)) return Visit::Continue;
            SKD_CHECK(writer.add(document.text));
            SKD_CHECK(tokenise(document, cutter));
            return Visit::Continue;
        };
        SKD_TRY(const DocumentReader::Counts read, m_reader.read({share.source, path}, take));
        if (m_cancelled) return Json();
        if (counts.documents == 0) return fail(nothingLeft(share, path, counts, read));
        SKD_CHECK(writer.commit());
        cutter.finish();
        Json entry = describe(share, counts, read);
        entry["bytes"] = writer.bytes();
        entry["sha256"] = writer.sha256();
        SKD_TRY(const std::string licence, licenceText(share.licence));
        if (!licence.empty()) entry["licence"] = licence;
        if (m_options.tokenizer != nullptr) addTokens(entry, cutter, wanted, counts);
        return entry;
    }

    /// Whether a document is written; counts it either way.
    bool counted(const RecipeShare& share, const UsableDocument& document,
                 ShareCounts& counts) const {
        const auto characters = static_cast<std::int64_t>(characterCount(document.text));
        if (characters < m_recipe.minimumCharacters) {
            ++counts.tooShort;
            return false;
        }
        const CounterRandom random(static_cast<std::uint64_t>(m_recipe.seed), kFractionStream);
        if (share.fraction < 1 && random.uniform(document.hash) >= share.fraction) {
            ++counts.notDrawn;
            return false;
        }
        ++counts.documents;
        counts.characters += characters;
        if (share.source.format == CorpusFormat::WikiText)
            counts.unknownWords += countUnknownWords(document.text);
        return true;
    }

    Status tokenise(const UsableDocument& document, SampleCutter& cutter) const {
        if (m_options.tokenizer == nullptr) return {};
        SKD_TRY(const std::vector<TokenId> ids,
                located(m_options.tokenizer->encode(document.text), document.where));
        cutter.add(ids);
        return {};
    }

    static Error nothingLeft(const RecipeShare& share, const fs::path& path,
                             const ShareCounts& counts, const DocumentReader::Counts& read) {
        return {
            ErrorCode::InvalidInput,
            strCat("corpus share \"", share.source.name, "\": ", path.string(),
                   " contains no document: ", read.empty, " empty, ", read.duplicates, " copies, ",
                   read.guarded, " that models are measured on, ", counts.tooShort, " too short, ",
                   counts.notDrawn, " not drawn, ", read.source.refused, " unreadable")};
    }

    static Json describe(const RecipeShare& share, const ShareCounts& counts,
                         const DocumentReader::Counts& read) {
        const CorpusShare& source = share.source;
        Json entry{{"name", source.name},
                   {"weight", source.weight},
                   {"format", enumName(source.format)},
                   {"documents", counts.documents},
                   {"characters", counts.characters},
                   {"duplicates", read.duplicates},
                   {"too_short", counts.tooShort + read.empty},
                   {"not_drawn", counts.notDrawn},
                   {"refused", read.source.refused},
                   {"guarded", read.guarded}};
        if (!read.source.refusedNames.empty()) entry["refused_names"] = read.source.refusedNames;
        if (source.format == CorpusFormat::WikiText) entry["unknown_words"] = counts.unknownWords;
        entry["source"] = {{"path", source.path},
                           {"bytes", read.source.bytes},
                           {"files", read.source.files},
                           {"sha256", read.source.sha256}};
        if (source.format == CorpusFormat::Jsonl) entry["fields"] = source.fields;
        if (source.format == CorpusFormat::Files) entry["extensions"] = source.extensions;
        entry["strip_annotations"] = source.stripAnnotations;
        entry["fraction"] = share.fraction;
        return entry;
    }

    static Result<std::string> licenceText(const std::string& licence) {
        static constexpr std::uint64_t kLongest = 1u << 20;
        std::error_code error;
        if (licence.empty() || !fs::is_regular_file(licence, error)) return licence;
        return readFile(licence, kLongest);
    }

    void addTokens(Json& entry, const SampleCutter& cutter, std::int64_t wanted,
                   const ShareCounts& counts) const {
        const std::int64_t repeats = std::max<std::int64_t>(0, wanted - cutter.samples());
        entry["tokens"] = cutter.tokens();
        entry["samples_available"] = cutter.samples();
        entry["samples_wanted"] = wanted;
        entry["repeats"] = repeats;
        if (repeats == 0) return;
        entry["note"] = strCat(
            valueOr(entry, "name", ""), ": ", groupDigits(counts.documents), " documents make ",
            groupDigits(cutter.samples()), " samples of ", groupDigits(m_recipe.sequenceLength),
            " tokens; ", groupDigits(wanted), " asked means ", groupDigits(repeats), " repeats");
    }

    const CorpusRecipe& m_recipe;
    const fs::path& m_folder;
    const CorpusFolderOptions& m_options;
    DocumentReader m_reader;
    TokenId m_separator = 0;
    bool m_cancelled = false;
};

Json manifestOf(const CorpusRecipe& recipe, const CorpusFolderOptions& options, Json shares) {
    Json manifest{{"format", CorpusFolder::kFormat},
                  {"version", CorpusFolder::kVersion},
                  {"program", SKD_VERSION},
                  {"zlib", zlibVersion()},
                  {"seed", recipe.seed},
                  {"minimum_characters", recipe.minimumCharacters},
                  {"drop_duplicates", recipe.dropDuplicates},
                  {"sequence_length", recipe.sequenceLength},
                  {"samples", recipe.samples},
                  {"packing", enumName(recipe.packing)}};
    if (options.tokenizer != nullptr)
        manifest["tokenizer"] = {{"description", options.tokenizer->description()},
                                 {"sha256", options.tokenizer->sha256()}};
    manifest["shares"] = std::move(shares);
    return manifest;
}

bool isCorpusFolder(const fs::path& folder) {
    return CorpusFolder::open(folder).has_value();
}

}  // namespace

Result<std::optional<Json>> buildCorpusFolder(const CorpusRecipe& recipe, const fs::path& out,
                                              const fs::path& resourceFolder,
                                              const CorpusFolderOptions& options) {
    SKD_CHECK(validateRecipe(recipe));
    SKD_TRY(auto guard, measuredTextsGuard(resourceFolder));
    SKD_TRY(StagingFolder staging,
            StagingFolder::create(
                out, {.kind = "corpus", .replace = options.replace, .isOurs = isCorpusFolder}));
    SKD_TRY(
        Json shares,
        FolderBuilder(recipe, staging.path(), std::move(guard), options).shares(resourceFolder));
    if (shares.is_null()) return std::optional<Json>();
    const Json manifest = manifestOf(recipe, options, std::move(shares));
    SKD_CHECK(writeFileAtomically(staging.path() / CorpusFolder::kManifest,
                                  dumpJson(manifest, 2) + "\n"));
    SKD_CHECK(staging.commit());
    return std::optional<Json>(manifest);
}

}  // namespace skd
