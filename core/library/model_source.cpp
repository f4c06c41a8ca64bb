#include "library/model_source.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "base/resources.h"
#include "base/text.h"
#include "eval/compute_probe.h"
#include "library/gguf_vocabulary.h"
#include "library/hub_cache.h"
#include "library/inventory.h"
#include "spec/model_name.h"

namespace skd {
namespace fs = std::filesystem;

std::vector<fs::path> modelFolders() {
    std::vector<fs::path> folders;
    if (const char* own = std::getenv("SPARSEKD_MODELS"); own != nullptr && *own != '\0')
        folders.emplace_back(own);
    const fs::path here = executableFolder();
    for (const fs::path& base : {fs::path("."), here / "../..", here / "../../.."})
        folders.push_back((base / ".deps/models").lexically_normal());
    folders.push_back(userDataFolder() / "models");
    return folders;
}

Result<fs::path> resolveModelPath(const std::string& model) {
    std::error_code ignored;
    if (model.empty())
        return fail(ErrorCode::InvalidInput,
                    "no model is given; name a folder, a .gguf file or a model under .deps/models");
    if (fs::exists(model, ignored)) return hubSnapshot(model);
    std::string tried;
    for (const fs::path& folder : modelFolders()) {
        for (const fs::path& candidate : {folder / model, folder / (model + ".gguf")})
            if (fs::exists(candidate, ignored)) return hubSnapshot(candidate);
        appendPart(tried, folder.string());
    }
    return fail(ErrorCode::NotFound, strCat("there is no model \"", model,
                                            "\": no such folder or file, and no such name under ",
                                            tried, "; packaging/setup gets the sample model"));
}

Result<std::shared_ptr<const Tokenizer>> openTokenizer(const fs::path& path) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) return Tokenizer::fromJsonFile(path / "tokenizer.json");
    if (path.extension() == ".json") return Tokenizer::fromJsonFile(path);
    SKD_TRY(const GgufFile file, GgufFile::open(path));
    auto parts = vocabularyOf(file);
    if (!parts) return fail(parts.error().in(path.string()));
    return located(Tokenizer::fromVocabulary(*parts), path.string());
}

int setThreads(std::int64_t threads) {
    const auto cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    at::set_num_threads(threads > 0 ? static_cast<int>(threads) : cores);
    return at::get_num_threads();
}

Result<ComputeDevice> resolveDevice(DeviceChoice choice) {
    const std::vector<ComputeDevice>& table = deviceTable();
    const auto found = std::find_if(table.rbegin(), table.rend(), [&](const ComputeDevice& entry) {
        return (choice == DeviceChoice::Auto || entry.name == enumName(choice)) &&
               entry.isPresent();
    });
    if (found != table.rend()) return *found;
    return fail(ErrorCode::InvalidInput,
                strCat("device ", enumName(choice),
                       " was asked for, but LibTorch sees no GPU here; choose cpu, or install the "
                       "CUDA build of LibTorch"));
}

Result<LoadOptions> loadOptions(const ModelRef& ref) {
    SKD_TRY(const ComputeDevice entry, resolveDevice(ref.device));
    if (ref.dtype == DTypeChoice::F32) return LoadOptions{at::kFloat, entry.device};
    if (ref.dtype == DTypeChoice::Bf16 || entry.kernels == KernelSet::Aten ||
        computeProbe(userCacheFolder()).prefersBf16())
        return LoadOptions{at::kBFloat16, entry.device};
    return LoadOptions{std::nullopt, entry.device, at::kFloat};
}

ModelSummary summarise(const Decoder& decoder, const fs::path& path, const std::string& storedAs) {
    const ModelConfig& c = decoder.config;
    ModelSummary s;
    s.name = fs::is_directory(path)        ? modelName(fs::weakly_canonical(path))
             : path.extension() == ".gguf" ? modelName(path)
                                           : path.stem().string();
    s.path = fs::weakly_canonical(path).string();
    s.architecture = traits(c.family).name;
    s.dtype = storedAs;
    s.hiddenSize = c.hiddenSize;
    s.intermediateSize =
        std::ranges::max(c.layers, {}, &LayerConfig::intermediateSize).intermediateSize;
    s.layers = static_cast<std::int64_t>(c.layers.size());
    s.heads = c.heads;
    s.keyValueHeads = c.keyValueHeads;
    s.headDim = c.headDim;
    s.vocabularySize = c.vocabularySize;
    s.maxPositions = c.maxPositions;
    s.tiedHead = c.tiedHead;
    s.totalParameters = decoder.parameterCount();
    s.mlpParameters = decoder.mlpParameterCount();
    return s;
}

namespace {

Status checkVocabulary(const ModelRef& ref, const ModelSummary& summary,
                       const Tokenizer& tokenizer) {
    if (static_cast<std::int64_t>(tokenizer.vocabularySize()) <= summary.vocabularySize) return {};
    return fail(ErrorCode::InvalidInput,
                strCat("the tokeniser of ", ref.path, " has ", tokenizer.vocabularySize(),
                       " tokens, but the model only ", summary.vocabularySize,
                       " embedding rows; they do not belong together"));
}

ModelIdentity identityOf(const Decoder& decoder, const ModelSummary& summary) {
    return {summary.weightsSha256, configSha256(decoder.config), summary.tokenizerSha256};
}

/// The tokeniser of the model that a run's model was made from.
Result<std::shared_ptr<const Tokenizer>> tokenizerOf(const Json& about) {
    const std::string path = valueOr(about, "model_path", std::string());
    SKD_TRY(const fs::path resolved, resolveModelPath(path));
    SKD_TRY(std::shared_ptr<const Tokenizer> tokenizer, openTokenizer(resolved));
    if (tokenizer->sha256() != valueOr(about, "tokenizer_sha256", std::string()))
        return fail(
            ErrorCode::InvalidInput,
            strCat("the tokeniser of ", path, " is no longer the one this run was made with"));
    return tokenizer;
}

Status needsWorkspace(const std::string& model) {
    return fail(ErrorCode::InvalidInput,
                strCat(model, " names a run's model, which needs a workspace; give --workspace"));
}

Result<OpenModel> openFromRun(const ModelRef& ref, const RunReference& reference,
                              const LoadOptions& options, const RunPaths* runs,
                              const SliceChoice& choice) {
    if (runs == nullptr) SKD_CHECK(needsWorkspace(ref.path));
    OneSize one;
    if (choice.form == SliceForm::Elastic) {
        SKD_TRY(one.file, openAllSizes(*runs, reference, options));
    } else {
        SKD_TRY(one, openOneSize(*runs, reference, options, choice));
    }
    DecoderFile& file = one.file;
    SKD_TRY(std::shared_ptr<const Tokenizer> tokenizer, tokenizerOf(file.about));
    ModelSummary summary = summarise(file.model.decoder, reference.text(), file.model.storedAs);
    summary.name = reference.text();
    summary.path = ref.path;
    summary.weightsSha256 = file.model.weightsSha256;
    summary.tokenizerSha256 = tokenizer->sha256();
    ModelIdentity identity = identityOf(file.model.decoder, summary);
    return OpenModel{std::move(file.model.decoder), std::move(tokenizer), std::move(summary),
                     std::move(file.about),         std::move(identity),  std::move(one.slice),
                     std::move(file.elastic)};
}

}  // namespace

Result<ModelOutline> outlineOf(const std::string& model, const RunPaths* runs) {
    SKD_TRY(const std::optional<RunReference> reference, parseRunReference(model));
    if (!reference) {
        SKD_TRY(const fs::path path, resolveModelPath(model));
        SKD_TRY(ModelConfig config, readModelConfig(path));
        SKD_TRY(std::shared_ptr<const Tokenizer> tokenizer, openTokenizer(path));
        return ModelOutline{std::move(config), std::move(tokenizer)};
    }
    if (runs == nullptr) SKD_CHECK(needsWorkspace(model));
    SKD_CHECK(checkSize(*runs, *reference));
    SKD_TRY(const fs::path file, describingFile(*runs, *reference));
    SKD_TRY(ModelConfig config, readDecoderConfig(file));
    SKD_TRY(const Json about, readDecoderAbout(file));
    SKD_TRY(std::shared_ptr<const Tokenizer> tokenizer, tokenizerOf(about));
    return ModelOutline{std::move(config), std::move(tokenizer)};
}

Result<OpenModel> openModel(const ModelRef& ref, const RunPaths* runs, const SliceChoice& choice) {
    SKD_TRY(const LoadOptions options, loadOptions(ref));
    SKD_TRY(const std::optional<RunReference> reference, parseRunReference(ref.path));
    if (reference) return openFromRun(ref, *reference, options, runs, choice);
    if (!choice.isNone())
        return fail(ErrorCode::InvalidInput,
                    strCat(ref.path,
                           " has one size; forms and ranks of a slice are chosen of an "
                           "elastic run's model, e.g. run:12"));
    SKD_TRY(const fs::path path, resolveModelPath(ref.path));
    SKD_TRY(std::shared_ptr<const Tokenizer> tokenizer, openTokenizer(path));
    SKD_TRY(LoadedModel loaded, loadModel(path, options));
    ModelSummary summary = summarise(loaded.decoder, path, loaded.storedAs);
    summary.path =
        ref.path;  // as it was asked for: a record must not depend on this machine's folders
    summary.weightsSha256 = loaded.weightsSha256;
    summary.tokenizerSha256 = tokenizer->sha256();
    SKD_CHECK(checkVocabulary(ref, summary, *tokenizer));
    ModelIdentity identity = identityOf(loaded.decoder, summary);
    return OpenModel{std::move(loaded.decoder), std::move(tokenizer), std::move(summary), Json(),
                     std::move(identity)};
}

}  // namespace skd
