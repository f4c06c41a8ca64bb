#include <iostream>

#include "cli/commands.h"
#include "cli/engine_call.h"
#include "requests/tools.h"

namespace skd::cli {
namespace {

struct ConsistencyArguments {
    ModelArguments model;
    ConsistencyRequest request;
};

void printAnswers(const Json& result) {
    int number = 0;
    for (const Json& text : memberOf(result, "texts"))
        std::cout << ++number << ": " << dumpJson(text) << "\n";
    std::cout << memberOf(result, "distinct") << " distinct of " << memberOf(result, "answers")
              << " answers; mean similarity "
              << formatNumber(valueOr(result, "mean_similarity", 0.0), 4)
              << "; share of the most frequent "
              << formatNumber(valueOr(result, "common_share", 0.0), 3) << "\n("
              << valueOr(result, "definition", "") << ")\n";
}

Result<int> ask(ConsistencyArguments& arguments, bool json) {
    SKD_CHECK(arguments.model.resolve());
    const EngineCall call;
    return answer(modelConsistency(arguments.model.ref, arguments.request, arguments.model.runs(),
                                   call.context),
                  json, printAnswers);
}

}  // namespace

void addConsistency(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand(
        "consistency", "the same prompt several times: how many answers differ, and how much");
    auto a = std::make_shared<ConsistencyArguments>();
    a->model.addTo(*command);
    command->add_option("--prompt", a->request.prompt, "text to continue, special tokens included")
        ->required();
    addChecked(command, "--answers", a->request.answers, "how often it is asked",
               CLI::Range(1, 1024));
    addSampling(command, a->request);
    table.add(command, [=](bool json) { return ask(*a, json); });
}

}  // namespace skd::cli
