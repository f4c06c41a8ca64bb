#include <iostream>

#include "base/table.h"
#include "cli/commands.h"
#include "cli/engine_call.h"
#include "requests/tasks_tool.h"
#include "results/task_scores.h"
#include "spec/task_files.h"

namespace skd::cli {
namespace {

struct TasksArguments {
    ModelArguments model;
    PublishedTasksRequest request;
};

double numberOf(const Json& object, const char* key) {
    double value = std::nan("");
    readMember(memberOf(object, key), value);
    return value;
}

/// "-0.012 ± 0.020, p = 0.424 (lost 9, won 5)".
std::string changeText(const Json& difference) {
    if (!difference.is_object()) return "";
    const std::string text =
        differenceText({numberOf(difference, "mean"), numberOf(difference, "half_width"), 0, 0,
                        numberOf(difference, "p_value")});
    if (!difference.contains("p_value")) return text;
    return strCat(text, " (lost ", memberOf(difference, "lost"), ", won ",
                  memberOf(difference, "won"), ")");
}

/// A line per measure of a model; the difference is that of the documents' values.
void addRows(const Json& task, const Json& model, TextTable& table) {
    for (const auto& [name, measure] : memberOf(model, "measures").items()) {
        const char* key = name == "perplexity" ? kLogLikelihood : name.c_str();
        table.rows.push_back(
            {valueOr(task, "task", ""), valueOr(model, "model", ""), name,
             measureText({numberOf(measure, "value"), numberOf(measure, "standard_error")}),
             changeText(memberOf(memberOf(model, "differences"), key)),
             groupDigits(valueOr(task, "documents", std::int64_t{0}))});
    }
}

void printTasks(const Json& result) {
    TextTable table{.header = {"task", "model", "measure", "value ± std. error",
                               "difference to the first model", "documents"},
                    .notes = {valueOr(result, "definition", "")}};
    for (const Json& task : memberOf(result, "tasks"))
        for (const Json& model : memberOf(task, "models")) addRows(task, model, table);
    std::cout << toConsole(table);
}

Result<int> score(TasksArguments& a, bool json) {
    SKD_CHECK(a.model.resolve());
    const EngineCall call;
    return answer(scorePublishedTasks(a.model.ref, a.request, a.model.runs(), call.context), json,
                  printTasks);
}

}  // namespace

void addTasks(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand(
        "tasks", "accuracy on tasks that people publish, as lm-evaluation-harness counts it");
    auto a = std::make_shared<TasksArguments>();
    TaskSpec& tasks = a->request.tasks;
    command
        ->add_option("MODEL", a->request.models,
                     strCat("the others are compared with the first; ", kModelHelp))
        ->required();
    a->model.addTo(*command, "");
    command
        ->add_option("--task", tasks.files,
                     strCat("a task and the file of its documents, as hellaswag=FILE; several with "
                            "commas, or --task again: ",
                            joined(enumNames<TaskKind>())))
        ->delimiter(',')
        ->allow_extra_args(false)
        ->required();
    addChecked(command, "--limit", tasks.limit, "first documents of each task; 0 uses all",
               atLeast(0));
    addChecked(command, "--few-shot", tasks.examples, "answered examples before each document",
               CLI::Range(0, 1000));
    command
        ->add_option("--examples", tasks.exampleFiles,
                     "files that --few-shot draws examples from, each as hellaswag=FILE")
        ->delimiter(',')
        ->allow_extra_args(false);
    addChecked(command, "--seed", tasks.seed,
               "fixes which examples are drawn; 1234 is lm-evaluation-harness' own", atLeast(0));
    command->add_option("--samples", a->request.samples,
                        "file that gets a JSON line per model, task and document");
    table.add(command, [=](bool json) { return score(*a, json); });
}

}  // namespace skd::cli
