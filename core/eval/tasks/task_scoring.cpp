#include "eval/tasks/task_scoring.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "eval/tasks/answer_text.h"
#include "eval/tasks/exact_match.h"

namespace skd {
namespace {

Result<TaskDocuments> examplePool(const TaskSpec& spec, const std::vector<TaskFile>& files,
                                  const TaskDocuments& task) {
    if (spec.examples == 0) return TaskDocuments{task.kind, task.file, {}, {}};
    if (const TaskFile* own = findTask(files, task.kind)) return readTaskDocuments(*own);
    if (task.kind == TaskKind::Lambada) return task;
    return fail(ErrorCode::InvalidInput,
                strCat("examples are asked for, but ", enumName(task.kind),
                       " has no file to draw them from; name its training file (of mmlu: dev)"));
}

/// Place of the largest; of equals, and of values that are not numbers, the first.
std::int64_t largest(const std::vector<double>& values) {
    const auto isNan = [](double value) { return std::isnan(value); };
    auto found = std::ranges::find_if(values, isNan);
    if (found == values.end()) found = std::ranges::max_element(values);
    return found - values.begin();
}

Result<DocumentScore> scoreDocumentChoices(const TaskModel& model, const PreparedTask& task,
                                           std::size_t index) {
    const TaskDocument& document = task.task.documents[index];
    std::vector<ChoiceTokens> choices;
    for (std::size_t i = 0; i < std::max<std::size_t>(document.choices.size(), 1); ++i) {
        SKD_TRY(ChoiceTokens choice, choiceTokens(model.tokenizer, model.decoder.config,
                                                  task.prefixes[index] + document.question(i),
                                                  document.continuation(i)));
        choices.push_back(std::move(choice));
    }
    DocumentScore score{scoreChoices(model.decoder, choices), {}, {}};
    score.measures = choiceMeasures(document, score.choices);
    return score;
}

AnswerEnds answerEnds(const TaskModel& model, const RunContext& context) {
    AnswerEnds ends{{"Question:", "</s>", "<|im_end|>"}, model.stop, [&context] {
                        return context.cancelled();
                    }};
    if (const auto eos = model.tokenizer.eos())
        ends.words.push_back(model.tokenizer.tokenText(*eos));
    return ends;
}

/// Nothing when cancelled.
Result<std::optional<DocumentScore>> scoreAnswer(const TaskModel& model, const PreparedTask& task,
                                                 std::size_t index, const AnswerEnds& ends) {
    const TaskDocument& document = task.task.documents[index];
    SKD_TRY(const std::optional<std::string> answer,
            answerText(model.decoder, model.tokenizer, task.prefixes[index] + document.question(0),
                       ends));
    if (!answer) return std::optional<DocumentScore>();
    const auto matches = [&](const std::string& found) {
        return isExactMatch(found, document.target) ? 1.0 : 0.0;
    };
    return std::optional(DocumentScore{{},
                                       *answer,
                                       {{kStrictMatch, matches(strictAnswer(*answer))},
                                        {kFlexibleMatch, matches(flexibleAnswer(*answer))}}});
}

void addMeasures(const NamedValues<double>& measures, TaskOutcomes& outcomes) {
    for (std::size_t i = 0; i < measures.size(); ++i) {
        if (outcomes.measures.size() == i)
            outcomes.measures.emplace_back(measures[i].first, std::vector<double>());
        outcomes.measures[i].second.push_back(measures[i].second);
    }
}

}  // namespace

TaskScores PreparedTask::scores(std::int64_t examples) const {
    return {.task = enumName(task.kind),
            .file = task.file,
            .sha256 = task.sha256,
            .documents = static_cast<std::int64_t>(count),
            .examples = examples,
            .models = {}};
}

Result<std::vector<PreparedTask>> prepareTasks(const TaskSpec& spec) {
    SKD_TRY(const std::vector<TaskFile> files, parseTaskFiles(spec.files));
    SKD_TRY(const std::vector<TaskFile> exampleFiles, parseTaskFiles(spec.exampleFiles));
    const FewShotOptions options{spec.examples, static_cast<std::uint64_t>(spec.seed)};
    std::vector<PreparedTask> tasks;
    for (const TaskFile& file : files) {
        PreparedTask& prepared = tasks.emplace_back();
        SKD_TRY(prepared.task, readTaskDocuments(file));
        prepared.count = prepared.task.documents.size();
        if (spec.limit > 0)
            prepared.count = std::min(prepared.count, static_cast<std::size_t>(spec.limit));
        SKD_TRY(const TaskDocuments pool, examplePool(spec, exampleFiles, prepared.task));
        SKD_TRY(prepared.prefixes, fewShotTexts(prepared.task, prepared.count, pool, options));
    }
    return tasks;
}

NamedValues<double> choiceMeasures(const TaskDocument& document,
                                   const std::vector<ChoiceScore>& choices) {
    if (document.choices.empty())
        return {{kLogLikelihood, choices.front().logLikelihood},
                {kAccuracy, choices.front().greedy ? 1.0 : 0.0}};
    std::vector<double> plain, byCharacters, byBytes;
    for (std::size_t i = 0; i < choices.size(); ++i) {
        const double score = choices[i].logLikelihood;
        const std::string& text = document.choices[i];
        plain.push_back(score);
        byCharacters.push_back(score / static_cast<double>(characterCount(text)));
        byBytes.push_back(score / static_cast<double>(text.size()));
    }
    const auto right = [&](const std::vector<double>& scores) {
        return largest(scores) == document.gold ? 1.0 : 0.0;
    };
    return {{kAccuracy, right(plain)},
            {kAccuracyByCharacters, right(byCharacters)},
            {kAccuracyByBytes, right(byBytes)}};
}

Result<std::optional<TaskOutcomes>> scoreTask(const TaskModel& model, const PreparedTask& task,
                                              const RunContext& context,
                                              const ScoreObserver& observe) {
    ProgressMeter meter(context, Stage::Evaluate, static_cast<std::int64_t>(task.count),
                        "documents");
    const AnswerEnds ends = answerEnds(model, context);
    TaskOutcomes outcomes;
    for (std::size_t i = 0; i < task.count; ++i) {
        if (context.cancelled()) return std::optional<TaskOutcomes>();
        const auto inDocument = [&](const Error& error) {
            return error.in(task.task.documents[i].where);
        };
        DocumentScore score;
        if (task.task.kind == TaskKind::Gsm8k) {
            SKD_TRY(std::optional<DocumentScore> answered,
                    scoreAnswer(model, task, i, ends).map_error(inDocument));
            if (!answered) return std::optional<TaskOutcomes>();
            score = std::move(*answered);
        } else {
            SKD_TRY(score, scoreDocumentChoices(model, task, i).map_error(inDocument));
        }
        addMeasures(score.measures, outcomes);
        if (observe) observe(i, score);
        meter.advance(1);
    }
    return std::optional(std::move(outcomes));
}

Json DocumentScore::toJson() const {
    Json json = Json::object();
    for (const ChoiceScore& choice : choices) {
        json["log_likelihood"].push_back(choice.logLikelihood);
        json["greedy"].push_back(choice.greedy);
    }
    if (answer) json["answer"] = *answer;
    for (const auto& [name, value] : measures)
        if (name != kLogLikelihood) json[name] = value;
    return json;
}

}  // namespace skd
