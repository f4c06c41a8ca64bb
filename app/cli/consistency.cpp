#include <iostream>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/console_sink.h"
#include "cli/interrupt.h"
#include "requests/tools.h"

namespace skd::cli {
namespace {

struct ConsistencyArguments {
    ModelArguments model;
    ConsistencyRequest request;
};

void printAnswers(const Json& result) {
    int number = 0;
    for (const Json& text : result["texts"])
        std::cout << ++number << ": " << dumpJson(text) << "\n";
    std::cout << result["distinct"] << " distinct of " << result["answers"]
              << " answers; mean similarity "
              << formatNumber(result["mean_similarity"].get<double>(), 4)
              << "; share of the most frequent "
              << formatNumber(result["common_share"].get<double>(), 3) << "\n("
              << result["definition"].get<std::string>() << ")\n";
}

int ask(ConsistencyArguments& arguments, bool json) {
    if (const Status status = arguments.model.resolve(); !status)
        return report(status.error(), json);
    const Interrupt interrupt;
    ConsoleSink sink;
    RunContext context;
    context.sink = &sink;
    context.stop = interrupt.token();
    const auto result =
        modelConsistency(arguments.model.ref, arguments.request, arguments.model.runs(), context);
    if (!result) return report(result.error(), json);
    if (result->value("cancelled", false)) return kCancelled;
    if (json)
        print(*result, true);
    else
        printAnswers(*result);
    return kDone;
}

}  // namespace

void addConsistency(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand(
        "consistency", "the same prompt several times: how many answers differ, and how much");
    auto a = std::make_shared<ConsistencyArguments>();
    a->model.addTo(*command);
    command
        ->add_option("--prompt", a->request.prompt, "text to go on from, special tokens included")
        ->required();
    command->add_option("--answers", a->request.answers, "how often it is asked")
        ->check(CLI::Range(1, 1024));
    command->add_option("--tokens", a->request.tokens, "longest answer")
        ->check(CLI::Range(1, 1000000));
    command
        ->add_option("--temperature", a->request.temperature,
                     "0 always takes the most probable token")
        ->check(CLI::Range(0.0, 100.0));
    command->add_option("--top-k", a->request.topK, "only the most probable tokens; 0 takes all")
        ->check(CLI::NonNegativeNumber);
    command
        ->add_option("--top-p", a->request.topP,
                     "only the most probable tokens up to this probability")
        ->check(CLI::Range(0.0, 1.0));
    command->add_option("--seed", a->request.seed, "fixes the answers")
        ->check(CLI::NonNegativeNumber);
    const auto json = addJsonFlag(*command);
    table[command] = [=] { return ask(*a, *json); };
}

}  // namespace skd::cli
