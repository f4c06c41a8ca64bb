#include "run/answers.h"

#include <ATen/Parallel.h>

#include "base/hash.h"
#include "base/text.h"
#include "model/generation.h"
#include "run/stage_scope.h"
#include "spec/study_spec.h"

namespace skd {
namespace {

using Answers = std::vector<RecordedAnswer>;

/// In the run's state; of an elastic run's selection node as of a run of one size.
std::string answersKey(const char* stage, std::size_t round, std::optional<double> removed,
                       const ElasticSpec& elastic) {
    const std::string key =
        round == 0 ? strCat("answers.", stage) : strCat("round", round, ".answers.", stage);
    return removed && *removed != elastic.selectionNode() ? metricAt(key, *removed) : key;
}

std::string stageLabel(const std::string& stage) {
    if (stage == kDenseAnswers) return "answers of the dense model";
    if (stage == kStartAnswers) return "answers of the model it starts from";
    return stage == kCutAnswers ? "answers after pruning" : "answers after distillation";
}

std::string labelOf(const AnsweringModel& of) {
    const std::string label = stageLabel(of.stage);
    return of.removed ? strCat(label, ", ", sizePercent(*of.removed), " % removed") : label;
}

/// Of everything that decides a model's answers.
std::string cacheKeyOf(const RunWork& work, const Decoder& model, const std::string& modelKey) {
    std::string key =
        strCat("answers 2 ", modelKey, " ", model.dtypeName(), " ", model.arithmeticName(), " ",
               model.device().str(), " ", at::get_num_threads(), " ", work.spec.eval.answerTokens,
               " ", joined(work.questions.stop));
    for (const PromptTokens& prompt : work.questions.prompts)
        key += strCat(" / ", joined(prompt.ids));
    return sha256Hex(key);
}

/// Nothing when cancelled.
Result<std::optional<RecordedAnswer>> answerOne(const RunWork& work, const Decoder& model,
                                                std::size_t number, ProgressMeter& meter) {
    const PromptTokens& prompt = work.questions.prompts[number];
    const std::int64_t most = work.spec.eval.answerTokens;
    Generator generator(model, std::ssize(prompt.ids) + most);
    bool cancelled = false;
    GenerationOptions options{.tokens = most,
                              .sampling = {},
                              .seed = work.context.seed,
                              .stop = work.questions.stop,
                              .cancelled = [&] { return cancelled = work.context.cancelled(); }};
    options.observe = [&meter](const GenerationStep&) { meter.advance(1); };
    const at::Tensor first = generator.feed(std::span(prompt.ids));
    const auto texts = continueText(generator, first, options);
    if (cancelled) return std::optional<RecordedAnswer>();
    if (!texts && texts.error().code != ErrorCode::Numeric) return fail(texts.error());
    RecordedAnswer answer{
        .prompt = work.spec.eval.prompts[number], .ended = "not finite", .chat = prompt.chat};
    if (!texts) return std::optional(std::move(answer));
    const std::vector<TokenId>& ids = texts->front();
    answer.text = work.model.tokenizer->decode(ids, true);
    answer.tokens = std::ssize(ids);
    answer.ended = answer.tokens < most ? "stop" : "length";
    return std::optional(std::move(answer));
}

/// Nothing when cancelled.
Result<std::optional<Answers>> answerAll(const RunWork& work, const Decoder& model) {
    const std::size_t count = work.questions.prompts.size();
    ProgressMeter meter(work.context, Stage::Answer,
                        static_cast<std::int64_t>(count) * work.spec.eval.answerTokens, "tokens");
    Answers answers;
    for (std::size_t i = 0; i < count; ++i) {
        SKD_TRY(std::optional<RecordedAnswer> answer, answerOne(work, model, i, meter));
        if (!answer) return std::optional<Answers>();
        answers.push_back(std::move(*answer));
    }
    return std::optional(std::move(answers));
}

/// Those of the cache of scores where it has them.
Result<std::optional<Answers>> answersOf(const RunWork& work, const Decoder& model,
                                         const std::string& modelKey) {
    if (modelKey.empty()) return answerAll(work, model);
    const std::string key = cacheKeyOf(work, model, modelKey);
    if (const auto known = work.scores.find(key)) {
        Answers answers;
        if (readMember(*known, answers) && answers.size() == work.questions.prompts.size())
            return std::optional(std::move(answers));
    }
    SKD_TRY(std::optional<Answers> answers, answerAll(work, model));
    if (!answers) return answers;
    if (const Status saved = work.scores.put(key, memberJson(*answers)); !saved)
        work.context.log(log::Level::Warning,
                         "the answers were not cached: " + saved.error().message);
    return answers;
}

Result<Questions> questionsOf(const RunWork& work) {
    Questions questions;
    const EvalSpec& eval = work.spec.eval;
    if (eval.prompts.empty()) return questions;
    SKD_TRY(Dialogue dialogue, readDialogue(work.model));
    for (const std::string& prompt : eval.prompts) {
        std::vector<ChatMessage> chat;
        if (eval.answerChat) chat = {{ChatRole::User, prompt}};
        SKD_TRY(PromptTokens tokens, readPrompt(work.model, dialogue, prompt, chat));
        questions.prompts.push_back(std::move(tokens));
    }
    questions.stop = std::move(dialogue.stop);
    return questions;
}

}  // namespace

void readQuestions(RunWork& work) {
    auto questions = questionsOf(work);
    if (questions)
        work.questions = std::move(*questions);
    else
        work.context.log(log::Level::Warning, strCat("no answers to eval.prompts are recorded: ",
                                                     questions.error().message));
}

Status recordAnswers(RunWork& work, const Decoder& model, const AnsweringModel& of) {
    if (work.questions.prompts.empty() || work.isStopped()) return {};
    const std::string key = answersKey(of.stage, of.round, of.removed, work.spec.elastic);
    if (work.state.find(key)) return {};
    StageScope stage(work.context, Stage::Answer, labelOf(of));
    SKD_TRY(std::optional<Answers> answers, answersOf(work, model, of.modelKey));
    if (!answers) return work.stop();
    const Json set = writeRecord(AnswerSet{of.stage, static_cast<std::int64_t>(of.round), of.step,
                                           static_cast<std::int64_t>(work.context.seed),
                                           std::move(*answers), of.removed});
    stage.finish(set);
    return work.conclude(key, set);
}

Status recordFirstAnswers(RunWork& work) {
    const bool pruned = !valueAt(work.model.about, "dense").is_null();
    return recordAnswers(work, work.model.decoder,
                         {pruned ? kStartAnswers : kDenseAnswers, 0, 0, work.model.identity.key()});
}

std::vector<AnswerSet> recordedAnswers(const RunState& state, const RunSpec& spec) {
    std::vector<AnswerSet> sets;
    const auto take = [&](const char* stage, std::size_t round,
                          std::optional<double> removed = {}) {
        if (const auto known = state.find(answersKey(stage, round, removed, spec.elastic)))
            sets.push_back(readRecord<AnswerSet>(*known));
    };
    for (const char* stage : {kDenseAnswers, kStartAnswers}) take(stage, 0);
    for (std::size_t round = 1; round <= roundsOf(spec).size(); ++round) {
        take(kCutAnswers, round);
        if (!spec.elastic.isOn()) take(kRecoveredAnswers, round);
        if (spec.elastic.isOn())
            for (const double size : spec.elastic.measuredNodes())
                take(kRecoveredAnswers, round, size);
    }
    return sets;
}

}  // namespace skd
