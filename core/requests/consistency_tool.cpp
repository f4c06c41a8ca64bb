#include "requests/consistency_tool.h"

#include "base/record.h"
#include "eval/consistency.h"
#include "library/dialogue.h"
#include "library/model_source.h"
#include "requests/generate_tool.h"

namespace skd {
namespace {

/// A model's figures, prompt by prompt.
struct AskedModel {
    std::string name, weightsSha256;
    ConsistencyFigures figures;
    bool chat = false;
};

/// Nothing when cancelled.
Result<std::optional<AskedModel>> askOne(const ModelRef& ref, const PromptSetRequest& request,
                                         const RunPaths& runs, const RunContext& context) {
    SKD_TRY(const OpenModel model, openModel(ref, &runs));
    SKD_TRY(Dialogue dialogue, readDialogue(model));
    AskedModel asked{model.summary.name, model.summary.weightsSha256, {}, false};
    std::vector<std::vector<TokenId>> prompts;
    for (const std::string& text : request.prompts) {
        std::vector<ChatMessage> chat;
        if (request.chat) chat = {{ChatRole::User, text}};
        SKD_TRY(PromptTokens prompt, readPrompt(model, dialogue, text, chat));
        asked.chat = prompt.chat;
        prompts.push_back(std::move(prompt.ids));
    }
    const ConsistencyRequest& how = request.sampling;
    const ConsistencyOptions options{how.answers,
                                     how.tokens,
                                     {how.temperature, how.topK, how.topP},
                                     static_cast<std::uint64_t>(how.seed),
                                     std::move(dialogue.stop)};
    SKD_TRY(const auto reports, measureConsistencies(model.decoder, prompts, options, context));
    if (!reports) return std::optional<AskedModel>();
    asked.figures = consistencyFigures(*reports);
    return std::optional(std::move(asked));
}

struct NamedFigure {
    const char* name;
    std::vector<double> ConsistencyFigures::*values;
};
constexpr NamedFigure kFigures[]{{"distinct_share", &ConsistencyFigures::distinct},
                                 {"mean_similarity", &ConsistencyFigures::similarity},
                                 {"common_share", &ConsistencyFigures::common}};

Json meanJson(const PromptMean& value) {
    return {{"mean", finiteOrNull(value.mean)}, {"half_width", finiteOrNull(value.halfWidth)}};
}

Json figuresJson(const AskedModel& model, const std::optional<AskedModel>& against) {
    Json json = Json::object();
    for (const NamedFigure& figure : kFigures) {
        const std::vector<double>& values = model.figures.*figure.values;
        Json& one = json[figure.name] = {{"model", meanJson(meanOverPrompts(values))}};
        if (!against) continue;
        const std::vector<double>& before = against->figures.*figure.values;
        one["against"] = meanJson(meanOverPrompts(before));
        one["difference"] = meanJson(differenceOverPrompts(before, values));
    }
    return json;
}

Json byPrompt(const PromptSetRequest& request, const AskedModel& model,
              const std::optional<AskedModel>& against) {
    Json list = Json::array();
    for (std::size_t i = 0; i < request.prompts.size(); ++i) {
        Json& one = list.emplace_back(Json{{"prompt", request.prompts[i]}});
        for (const NamedFigure& figure : kFigures) {
            one["model"][figure.name] = (model.figures.*figure.values)[i];
            if (against) one["against"][figure.name] = (against->figures.*figure.values)[i];
        }
    }
    return list;
}

}  // namespace

Result<Json> promptSetConsistency(const ModelRef& ref, const PromptSetRequest& request,
                                  const RunPaths& runs, const RunContext& context) {
    if (request.prompts.empty())
        return fail(ErrorCode::InvalidInput, "no prompt is given; give at least one");
    const int threads = setThreads(ref.threads);
    SKD_TRY(const std::optional<AskedModel> model, askOne(ref, request, runs, context));
    std::optional<AskedModel> against;
    if (model && !request.against.empty()) {
        ModelRef other = ref;
        other.path = request.against;
        SKD_TRY(against, askOne(other, request, runs, context));
    }
    if (!model || (!request.against.empty() && !against)) return Json{{"cancelled", true}};
    Json json{{"model", model->name},
              {"weights_sha256", model->weightsSha256},
              {"prompts", request.prompts.size()},
              {"answers", request.sampling.answers},
              {"tokens", request.sampling.tokens},
              {"chat", model->chat},
              {"threads", threads}};
    if (against) {
        json["against"] = against->name;
        json["against_weights_sha256"] = against->weightsSha256;
    }
    json.update(samplingJson(request.sampling));
    json["figures"] = figuresJson(*model, against);
    json["by_prompt"] = byPrompt(request, *model, against);
    json["definition"] =
        "distinct_share: different answers, token by token, over answers; mean_similarity: over "
        "all pairs of answers, 1 - edit distance / tokens of the longer one; common_share: share "
        "of the most frequent answer; half_width: of the 95 % interval, prompts as the sample, "
        "the difference paired by prompt; null below two prompts";
    json["cancelled"] = false;
    return json;
}

}  // namespace skd
