#include "requests/tools.h"

#include "base/files.h"
#include "base/hash.h"
#include "base/resources.h"
#include "base/text.h"
#include "library/run_models.h"
#include "requests/export/weights.h"

namespace skd {

namespace {

Json describe(const ModelSummary& s, const Decoder& decoder,
              const Result<std::shared_ptr<const Tokenizer>>& tokenizer) {
    Json json{{"name", s.name},
              {"path", s.path},
              {"architecture", s.architecture},
              {"layers", s.layers},
              {"hidden_size", s.hiddenSize},
              {"intermediate_size", s.intermediateSize},
              {"heads", s.heads},
              {"key_value_heads", s.keyValueHeads},
              {"head_dim", s.headDim},
              {"vocabulary_size", s.vocabularySize},
              {"max_positions", s.maxPositions},
              {"tied_head", s.tiedHead},
              {"dtype", s.dtype},
              {"parameters", s.totalParameters},
              {"mlp_parameters", s.mlpParameters},
              {"weights_sha256", s.weightsSha256}};
    json.update(prunedCounts(decoder));
    if (tokenizer) {
        json["tokenizer"] = (*tokenizer)->description();
        json["tokenizer_sha256"] = (*tokenizer)->sha256();
    } else {
        json["tokenizer_error"] = tokenizer.error().message;
    }
    return json;
}

}  // namespace

Result<Json> inspectModel(const std::string& model, const RunPaths& runs) {
    SKD_TRY(const std::optional<RunReference> reference, parseRunReference(model));
    if (reference) {
        SKD_TRY(const OpenModel open,
                openModel({.path = model, .device = DeviceChoice::Cpu}, &runs));
        Json json = describe(open.summary, open.decoder, open.tokenizer);
        json["lineage"] = open.about;
        return json;
    }
    SKD_TRY(const std::filesystem::path path, resolveModelPath(model));
    SKD_TRY(const LoadedModel loaded, loadModel(path, {at::kBFloat16, at::kCPU}));
    ModelSummary summary = summarise(loaded.decoder, path, loaded.storedAs);
    summary.weightsSha256 = loaded.weightsSha256;
    return describe(summary, loaded.decoder, openTokenizer(path));
}

Result<Json> tokenizeFile(const std::string& model, const std::string& textFile, bool withIds) {
    SKD_TRY(const std::filesystem::path path, resolveModelPath(model));
    SKD_TRY(const std::shared_ptr<const Tokenizer> tokenizer, openTokenizer(path));
    SKD_TRY(const std::filesystem::path file, resolveResource(textFile));
    SKD_TRY(const std::string text, readFile(file));
    const auto start = std::chrono::steady_clock::now();
    auto ids = tokenizer->encode(text);
    if (!ids) return fail(ids.error().in(file.string()));
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    Json json{{"tokens", ids->size()},
              {"ids_sha256", idsSha256(*ids)},
              {"text_sha256", sha256Hex(text)},
              {"tokenizer", tokenizer->description()},
              {"tokenizer_sha256", tokenizer->sha256()},
              {"seconds", seconds.count()}};
    if (withIds) json["ids"] = *ids;
    return json;
}

}  // namespace skd
