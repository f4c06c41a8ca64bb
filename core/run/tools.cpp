#include "run/tools.h"

#include <chrono>

#include "base/files.h"
#include "base/hash.h"
#include "base/resources.h"
#include "base/text.h"
#include "run/model_source.h"

namespace skd {

Result<Json> inspectModel(const std::string& model) {
    SKD_TRY(const std::filesystem::path path, resolveModelPath(model));
    SKD_TRY(const LoadedModel loaded, loadModel(path, {at::kBFloat16, at::kCPU}));
    const ModelSummary s = summarise(loaded.decoder, path, loaded.storedAs);
    const auto tokenizer = openTokenizer(path);
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
              {"weights_sha256", loaded.weightsSha256}};
    if (tokenizer) {
        json["tokenizer"] = (*tokenizer)->description();
        json["tokenizer_sha256"] = (*tokenizer)->sha256();
    } else {
        json["tokenizer_error"] = tokenizer.error().message;
    }
    return json;
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
    Json json{{"tokens", ids->size()}, {"ids_sha256", idsSha256(*ids)}, {"text_sha256", sha256Hex(text)}, {"tokenizer", tokenizer->description()},
              {"tokenizer_sha256", tokenizer->sha256()}, {"seconds", seconds.count()}};
    if (withIds) json["ids"] = *ids;
    return json;
}

}  // namespace skd
