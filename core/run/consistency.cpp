#include "run/consistency.h"

#include "base/text.h"
#include "eval/consistency.h"
#include "library/prompt_file.h"
#include "run/stage_scope.h"

namespace skd {
namespace {

constexpr const char* kConsistency = "consistency";

struct AskedPrompts {
    std::vector<std::vector<TokenId>> ids;
    ConsistencyOptions options;
    bool chat = false;
};

Result<AskedPrompts> promptsFor(const RunWork& work, const OpenModel& model) {
    const ConsistencySpec& spec = work.spec.consistency;
    SKD_TRY(Dialogue dialogue, readDialogue(model));
    AskedPrompts asked;
    for (const std::string& text : work.consistencyPrompts) {
        std::vector<ChatMessage> chat;
        if (work.spec.eval.answerChat) chat = {{ChatRole::User, text}};
        SKD_TRY(PromptTokens prompt, readPrompt(model, dialogue, text, chat));
        asked.chat = prompt.chat;
        asked.ids.push_back(std::move(prompt.ids));
    }
    asked.options = {.answers = spec.answers,
                     .tokens = spec.tokens,
                     .sampling = {.temperature = spec.temperature},
                     .seed = work.context.seed,
                     .stop = std::move(dialogue.stop)};
    return asked;
}

/// Nothing when cancelled.
Result<std::optional<ConsistencyFigures>> askModel(const RunWork& work, const Decoder& model,
                                                   const AskedPrompts& asked) {
    SKD_TRY(const auto reports,
            measureConsistencies(model, asked.ids, asked.options, work.context));
    if (!reports) return std::optional<ConsistencyFigures>();
    return std::optional(consistencyFigures(*reports));
}

}  // namespace

Status readConsistencyPrompts(RunWork& work) {
    const ConsistencySpec& spec = work.spec.consistency;
    if (spec.answers == 0) return {};
    auto prompts = readPromptFile(spec.prompts);
    if (!prompts) return fail(prompts.error().in("consistency.prompts"));
    work.consistencyPrompts = std::move(*prompts);
    return {};
}

bool isConsistencyLeft(const RunWork& work) {
    return !work.consistencyPrompts.empty() && !work.state.find(kConsistency);
}

Status askRepeatedly(RunWork& work, const OpenModel& start) {
    const ConsistencySpec& spec = work.spec.consistency;
    StageScope stage(work.context, Stage::Evaluate,
                     strCat("consistency of ", spec.answers, " answers to each of ",
                            work.consistencyPrompts.size(), " prompts"));
    SKD_TRY(const AskedPrompts asked, promptsFor(work, start));
    SKD_TRY(const auto dense, askModel(work, start.decoder, asked));
    if (!dense) return work.stop();
    SKD_TRY(const auto final, askModel(work, work.student.decoder, asked));
    if (!final) return work.stop();
    const Json summary = writeRecord(ConsistencySummary{spec.answers, spec.tokens, spec.temperature,
                                                        asked.chat, *dense, *final});
    stage.finish();
    return work.conclude(kConsistency, summary);
}

void addConsistency(const RunState& state, RunSummary& summary) {
    if (const auto known = state.find(kConsistency))
        summary.consistency = readRecord<ConsistencySummary>(*known);
}

}  // namespace skd
