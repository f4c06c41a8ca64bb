#include "base/text.h"
#include "eval/comparison.h"
#include "eval/consistency.h"
#include "eval/perplexity.h"
#include "library/dialogue.h"
#include "library/model_source.h"
#include "model/vocabulary.h"
#include "requests/generate_tool.h"
#include "requests/tools.h"

namespace skd {
namespace {

Json describeModel(const OpenModel& model, int threads) {
    return {{"model", model.summary.name},
            {"weights_sha256", model.summary.weightsSha256},
            {"threads", threads}};
}

}  // namespace

Result<Json> evaluateModel(const ModelRef& ref, const EvalSpec& spec, const RunPaths& runs,
                           const RunContext& context) {
    SKD_CHECK(checkProtocolNames(spec));
    const int threads = setThreads(ref.threads);
    SKD_TRY(const OpenModel model, openModel(ref, &runs));
    SKD_TRY(const std::vector<EvalReport> reports,
            evaluateProtocols(model.decoder, *model.tokenizer, spec, context));
    Json json = reports.front().toJson();
    json.update(describeModel(model, threads));
    json["cancelled"] = reports.back().cancelled;
    for (std::size_t i = 1; i < reports.size(); ++i) json["also"].push_back(reports[i].toJson());
    return json;
}

Result<Json> compareToModel(const ModelRef& ref, const std::string& densePath, const EvalSpec& spec,
                            const RunPaths& runs, const RunContext& context) {
    const int threads = setThreads(ref.threads);
    ModelRef denseRef = ref;
    denseRef.path = densePath;
    SKD_TRY(OpenModel dense, openModel(denseRef, &runs));
    SKD_TRY(OpenModel model, openModel(ref, &runs));
    SKD_TRY(const EvalText text, loadEvalText(spec, *model.tokenizer));
    SKD_TRY(const EvalText denseText, loadEvalText(spec, *dense.tokenizer));
    if (text.ids != denseText.ids || text.bos != denseText.bos)
        return fail(
            ErrorCode::InvalidInput,
            strCat(
                "the tokenisers of ", model.summary.name, " and ", dense.summary.name,
                " produce different tokens for this text; their predictions cannot be compared"));
    if (dense.tokenizer->sha256() == model.tokenizer->sha256())
        shareVocabulary(dense.decoder, model.decoder);
    SKD_TRY(const EvalSettings settings,
            resolveSettings(spec, text.addsBos, model.decoder.config.maxPositions));
    SKD_TRY(const QualityReport report,
            compareModels(dense.decoder, model.decoder, text, settings, context));
    Json json = describeModel(model, threads);
    json["dense_model"] = dense.summary.name;
    json["dense_weights_sha256"] = dense.summary.weightsSha256;
    json["protocol"] = enumName(settings.protocol);
    json["definition"] = describe(settings);
    json.update(report.toJson());
    json["text_sha256"] = text.textSha256;
    json["cancelled"] = report.cancelled;
    return json;
}

Result<Json> modelConsistency(const ModelRef& ref, const ConsistencyRequest& request,
                              const RunPaths& runs, const RunContext& context) {
    const int threads = setThreads(ref.threads);
    SKD_TRY(const OpenModel model, openModel(ref, &runs));
    SKD_TRY(const Dialogue dialogue, readDialogue(model));
    SKD_TRY(const PromptTokens prompt, readPrompt(model, dialogue, request.prompt, request.chat));
    const ConsistencyOptions options{request.answers,
                                     request.tokens,
                                     {request.temperature, request.topK, request.topP},
                                     static_cast<std::uint64_t>(request.seed),
                                     dialogue.stop};
    SKD_TRY(const ConsistencyReport report,
            measureConsistency(model.decoder, prompt.ids, options, context));
    Json json = report.toJson();
    json.update(samplingJson(request));
    json["prompt_tokens"] = prompt.ids.size();
    json["chat"] = prompt.chat;
    json.update(describeModel(model, threads));
    json["cancelled"] = report.cancelled;
    json["texts"] = Json::array();
    for (const std::vector<TokenId>& answer : report.answers)
        json["texts"].push_back(model.tokenizer->decode(answer));
    return json;
}

}  // namespace skd
