#include "requests/tasks_tool.h"

#include "base/files.h"
#include "base/text.h"
#include "eval/tasks/task_scoring.h"
#include "library/dialogue.h"
#include "library/model_source.h"

namespace skd {

const char* const kTaskDefinition =
    "acc: the right choice has the largest log-likelihood; acc_norm, acc_bytes: divided by the "
    "characters or bytes of the choice; perplexity and acc of lambada_openai: of the last word, "
    "and all of its tokens the most probable ones; exact_match of gsm8k: the number after ####, or "
    "the last one; standard error: of documents as the sample; difference: to the first model, "
    "paired by document, with half of its 95 % interval and McNemar's exact test";

namespace {

struct ScoredModel {
    std::string name, weightsSha256;
    std::vector<TaskOutcomes> outcomes;  ///< per task
};

Json sampleLine(const std::string& model, const PreparedTask& task, std::size_t index,
                const DocumentScore& score) {
    const TaskDocument& document = task.task.documents[index];
    Json line{{"model", model},
              {"task", enumName(task.task.kind)},
              {"document", index},
              {"where", document.where}};
    if (document.choices.empty()) {
        line["target"] = document.target;
    } else {
        line["choices"] = document.choices;
        line["gold"] = document.gold < 0 ? Json() : Json(document.gold);
    }
    line.update(score.toJson());
    return line;
}

/// Nothing when cancelled. `samples`, where it is wanted, gets a line per document.
Result<std::optional<ScoredModel>> scoreModel(const ModelRef& ref,
                                              const std::vector<PreparedTask>& tasks,
                                              const RunPaths& runs, const RunContext& context,
                                              std::string* samples) {
    SKD_TRY(const OpenModel model, openModel(ref, &runs));
    SKD_TRY(Dialogue dialogue, readDialogue(model));
    const TaskModel asked{model.decoder, *model.tokenizer, std::move(dialogue.stop)};
    ScoredModel scored{model.summary.name, model.summary.weightsSha256, {}};
    for (const PreparedTask& task : tasks) {
        ScoreObserver observe;
        if (samples != nullptr)
            observe = [&](std::size_t index, const DocumentScore& score) {
                *samples += dumpJson(sampleLine(scored.name, task, index, score)) + "\n";
            };
        SKD_TRY(auto outcomes, scoreTask(asked, task, context, observe));
        if (!outcomes) return std::optional<ScoredModel>();
        scored.outcomes.push_back(std::move(*outcomes));
    }
    return std::optional(std::move(scored));
}

Json modelJson(const std::vector<ScoredModel>& models, std::size_t model, std::size_t task) {
    const ScoredModel& scored = models[model];
    Json json{{"model", scored.name}, {"weights_sha256", scored.weightsSha256}};
    for (const auto& [name, values] : scored.outcomes[task].measures) {
        json["measures"][taskMeasureTitle(name)] = toJson(taskMeasure(name, values));
        const auto* first = models.front().outcomes[task].find(name);
        if (model > 0 && first != nullptr)
            json["differences"][name] = toJson(taskDifference(*first, values));
    }
    return json;
}

Json tasksJson(const std::vector<PreparedTask>& tasks, const std::vector<ScoredModel>& models,
               std::int64_t examples) {
    Json list = Json::array();
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        Json& json = list.emplace_back(writeRecord(tasks[i].scores(examples)));
        json["models"] = Json::array();
        for (std::size_t model = 0; model < models.size(); ++model)
            json["models"].push_back(modelJson(models, model, i));
    }
    return list;
}

}  // namespace

Result<Json> scorePublishedTasks(const ModelRef& how, const PublishedTasksRequest& request,
                                 const RunPaths& runs, const RunContext& context) {
    if (request.models.empty() || request.tasks.files.empty())
        return fail(ErrorCode::InvalidInput, request.models.empty()
                                                 ? "no model is given; name at least one"
                                                 : "no task is given; name one as hellaswag=FILE");
    SKD_TRY(const std::vector<PreparedTask> tasks, prepareTasks(request.tasks));
    const int threads = setThreads(how.threads);
    std::vector<ScoredModel> models;
    std::string samples;
    for (const std::string& path : request.models) {
        ModelRef ref = how;
        ref.path = path;
        SKD_TRY(auto scored, scoreModel(ref, tasks, runs, context,
                                        request.samples.empty() ? nullptr : &samples));
        if (!scored) return Json{{"cancelled", true}};
        models.push_back(std::move(*scored));
    }
    if (!request.samples.empty()) SKD_CHECK(writeFileAtomically(request.samples, samples));
    Json json{{"tasks", tasksJson(tasks, models, request.tasks.examples)}};
    json["definition"] = kTaskDefinition;
    json["threads"] = threads;
    json["cancelled"] = false;
    return json;
}

}  // namespace skd
