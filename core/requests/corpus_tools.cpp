#include "requests/corpus_tools.h"

#include <algorithm>

#include "base/resources.h"
#include "base/text.h"
#include "corpus/corpus_folder.h"
#include "corpus/corpus_folder_builder.h"
#include "corpus/run_corpus.h"
#include "library/model_source.h"
#include "spec/json_writer.h"
#include "spec/model_name.h"

namespace skd {
namespace {

using TokenizerPointer = std::shared_ptr<const Tokenizer>;

Result<TokenizerPointer> tokenizerOf(const std::string& model) {
    SKD_TRY(const std::filesystem::path path, resolveModelPath(model));
    return openTokenizer(path);
}

/// Progress through the shares of a corpus, one after another.
class ShareProgress {
public:
    ShareProgress(const CorpusRecipe& recipe, const RunContext& context)
        : m_recipe(recipe), m_context(context) {}

    /// False when the work should end.
    bool operator()(const std::string& share, std::uint64_t bytes) {
        if (share != m_share) begin(share);
        m_meter->advance(static_cast<std::int64_t>(bytes - std::min(bytes, m_bytes)));
        m_bytes = std::max(bytes, m_bytes);
        return !m_context.cancelled();
    }

private:
    void begin(const std::string& share) {
        m_share = share;
        m_bytes = 0;
        m_context.emit(StageStarted{m_context.run, Stage::Load, strCat("read ", share)});
        m_meter.emplace(m_context, Stage::Load, sizeOf(share), "bytes");
    }

    /// 0 for a folder: how much of it counts shows only on the way.
    [[nodiscard]] std::int64_t sizeOf(const std::string& share) const {
        for (const RecipeShare& candidate : m_recipe.shares) {
            if (candidate.source.name != share) continue;
            std::error_code error;
            const auto size = std::filesystem::file_size(candidate.source.path, error);
            return error ? 0 : static_cast<std::int64_t>(size);
        }
        return 0;
    }

    const CorpusRecipe& m_recipe;
    const RunContext& m_context;
    std::string m_share;
    std::uint64_t m_bytes = 0;
    std::optional<ProgressMeter> m_meter;
};

CorpusSpec specOf(const std::filesystem::path& folder, const Json& manifest) {
    CorpusSpec spec;
    spec.folder = folder.string();
    spec.sequenceLength = valueOr(manifest, "sequence_length", spec.sequenceLength);
    spec.samples = valueOr(manifest, "samples", spec.samples);
    parseEnum(valueOr(manifest, "packing", ""), spec.packing);
    return spec;
}

Json samplesOf(const Corpus& corpus, std::int64_t count, const Tokenizer& tokenizer) {
    Json list = Json::array();
    for (std::int64_t i = 0; i < std::min(count, corpus.samples()); ++i) {
        const auto ids = corpus.sample(i).first(static_cast<std::size_t>(corpus.length(i)));
        list.push_back({{"sample", i},
                        {"tokens", corpus.length(i)},
                        {"padding", corpus.sequenceLength() - corpus.length(i)},
                        {"text", tokenizer.decode(ids)}});
    }
    return list;
}

/// Bytes of the files that a corpus is read from; nothing where they are not plain files.
std::optional<std::uint64_t> bytesOf(const ResolvedCorpus& corpus) {
    std::uint64_t bytes = 0;
    for (const ResolvedShare& resolved : corpus.shares) {
        if (resolved.share.weight == 0) continue;
        std::error_code error;
        bytes += std::filesystem::file_size(resolved.path, error);
        if (error) return std::nullopt;
    }
    return bytes;
}

/// Nothing where counting would take long.
Result<std::optional<Corpus>> countedCorpus(const RunSpec& spec) {
    static constexpr std::uint64_t kMostBytes = 64u << 20;
    if (isModelReference(spec.model.path)) return std::optional<Corpus>();
    SKD_TRY(const std::filesystem::path resources, resourceFolder());
    SKD_TRY(const ResolvedCorpus sources, resolveCorpus(spec.corpus, resources));
    if (bytesOf(sources).value_or(kMostBytes + 1) > kMostBytes) return std::optional<Corpus>();
    SKD_TRY(const TokenizerPointer tokenizer, tokenizerOf(spec.model.path));
    SKD_TRY(Corpus corpus, buildRunCorpus(spec, static_cast<std::uint64_t>(spec.seed), *tokenizer,
                                          resources, {.heldOutTokens = spec.eval.domainTokens}));
    return std::optional(std::move(corpus));
}

}  // namespace

Json countCorpus(const RunSpec& asked) {
    const RunSpec spec = withControl(asked);
    const auto corpus = countedCorpus(spec);
    if (!corpus || !*corpus)
        return {{"text", strCat(spec.corpus.samples > 0 ? "" : "at most ",
                                samplesText(samplesOf(spec), spec.corpus.sequenceLength, {}),
                                "; how many are distinct is counted when the run starts",
                                corpus ? "" : ": " + corpus.error().message)}};
    const Corpus& counted = **corpus;
    Json json{
        {"text", samplesText(counted.samples(), counted.sequenceLength(), counted.distinct())}};
    if (const std::string repeats = repeatsText(counted); !repeats.empty())
        json["text"] = strCat(valueOr(json, "text", ""), ": ", repeats);
    json.update(counted.toJson());
    return json;
}

Result<std::optional<Json>> buildCorpusWithProgress(const CorpusBuildRequest& request,
                                                    const RunContext& context) {
    TokenizerPointer tokenizer;
    if (!request.tokenizer.empty()) {
        SKD_TRY(tokenizer, tokenizerOf(request.tokenizer));
    }
    SKD_TRY(const std::filesystem::path resources, resourceFolder());
    ShareProgress progress(request.recipe, context);
    CorpusFolderOptions options{tokenizer.get(), request.replace, {}};
    options.progress = [&](const std::string& share, std::uint64_t bytes) {
        return progress(share, bytes);
    };
    return buildCorpusFolder(request.recipe, request.out, resources, options);
}

Result<Json> showCorpus(const std::filesystem::path& path) {
    SKD_TRY(const CorpusFolder folder, CorpusFolder::open(path));
    SKD_CHECK(folder.verify());
    Json json = folder.manifest();
    json["manifest_sha256"] = folder.manifestSha256();
    std::error_code ignored;
    const CorpusSpec spec = specOf(std::filesystem::absolute(path, ignored), folder.manifest());
    json["spec"] = {{"folder", spec.folder},
                    {"sequence_length", spec.sequenceLength},
                    {"samples", spec.samples},
                    {"packing", enumName(spec.packing)}};
    return json;
}

Result<std::optional<Json>> sampleCorpus(const CorpusSampleRequest& request,
                                         const RunContext& context) {
    SKD_TRY(const CorpusFolder folder, CorpusFolder::open(request.folder));
    SKD_TRY(const TokenizerPointer tokenizer, tokenizerOf(request.tokenizer));
    SKD_TRY(const std::filesystem::path resources, resourceFolder());
    CorpusSpec spec = specOf(request.folder, folder.manifest());
    spec.sequenceLength = request.sequenceLength.value_or(spec.sequenceLength);
    spec.samples = request.samples.value_or(spec.samples);
    spec.packing = request.packing.value_or(spec.packing);
    CorpusOptions options;
    options.cancelled = [&] { return context.cancelled(); };
    SKD_TRY(const Corpus corpus, buildCorpus(spec, static_cast<std::uint64_t>(request.seed),
                                             *tokenizer, resources, options));
    if (corpus.samples() == 0) return std::optional<Json>();
    Json json{{"corpus", corpus.toJson()},
              {"samples", samplesOf(corpus, request.count, *tokenizer)}};
    return std::optional<Json>(std::move(json));
}

}  // namespace skd
