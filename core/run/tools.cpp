#include "run/tools.h"

#include <chrono>

#include "base/files.h"
#include "base/hash.h"
#include "base/resources.h"
#include "base/text.h"
#include "eval/perplexity.h"
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

Result<Json> evaluateModel(const ModelRef& ref, const EvalSpec& spec, const RunContext& context) {
    const int threads = setThreads(ref.threads);
    SKD_TRY(const OpenModel model, openModel(ref));
    SKD_TRY(const EvalText text, loadEvalText(spec, *model.tokenizer));
    SKD_TRY(const EvalSettings settings, resolveSettings(spec, text.addsBos));
    SKD_TRY(const EvalReport report, perplexity(model.decoder, text, settings, context));
    Json json = report.toJson();
    json["model"] = model.summary.name;
    json["weights_sha256"] = model.summary.weightsSha256;
    json["threads"] = threads;
    json["cancelled"] = report.cancelled;
    return json;
}

}  // namespace skd
