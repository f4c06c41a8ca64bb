#include <iostream>

#include "base/table.h"
#include "cli/commands.h"
#include "cli/engine_call.h"
#include "library/prompt_file.h"
#include "requests/consistency_tool.h"

namespace skd::cli {
namespace {

struct ConsistencyArguments {
    ModelArguments model;
    PromptSetRequest request;
    std::string file;
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

/// "0.713 ± 0.021".
std::string meanText(const Json& value) {
    if (!memberOf(value, "mean").is_number()) return "–";
    std::string mean = formatFixed(valueOr(value, "mean", 0.0), 3);
    if (!memberOf(value, "half_width").is_number()) return mean;
    return strCat(mean, " ± ", formatFixed(valueOr(value, "half_width", 0.0), 3));
}

void printFigures(const Json& result) {
    TextTable table{.header = {"figure", valueOr(result, "model", "")},
                    .notes = {valueOr(result, "definition", "")}};
    const bool compared = result.contains("against");
    if (compared) {
        table.header.push_back(valueOr(result, "against", ""));
        table.header.push_back("difference");
    }
    for (const auto& [name, figure] : memberOf(result, "figures").items()) {
        std::vector<std::string>& row = table.rows.emplace_back();
        row = {name, meanText(memberOf(figure, "model"))};
        if (!compared) continue;
        row.push_back(meanText(memberOf(figure, "against")));
        row.push_back(meanText(memberOf(figure, "difference")));
    }
    std::cout << memberOf(result, "prompts") << " prompts, " << memberOf(result, "answers")
              << " answers each\n"
              << toConsole(table);
}

Result<int> ask(ConsistencyArguments& a, bool json) {
    std::string& prompt = a.request.sampling.prompt;
    if (prompt.empty() == a.file.empty())
        return fail(ErrorCode::InvalidInput,
                    "give either --prompt with a text or --prompts with a file of them");
    if (!a.file.empty()) {
        SKD_TRY(a.request.prompts, readPromptFile(a.file));
    }
    SKD_CHECK(a.model.resolve());
    const EngineCall call;
    if (a.file.empty() && a.request.against.empty()) {
        if (a.request.chat) a.request.sampling.chat = {{ChatRole::User, prompt}};
        return answer(
            modelConsistency(a.model.ref, a.request.sampling, a.model.runs(), call.context), json,
            printAnswers);
    }
    if (a.file.empty()) a.request.prompts = {prompt};
    return answer(promptSetConsistency(a.model.ref, a.request, a.model.runs(), call.context), json,
                  printFigures);
}

}  // namespace

void addConsistency(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand(
        "consistency", "the same prompts several times: how many answers differ, and how much");
    auto a = std::make_shared<ConsistencyArguments>();
    a->model.addTo(*command);
    command->add_option("--prompt", a->request.sampling.prompt,
                        "text to continue, special tokens included");
    command->add_option(
        "--prompts", a->file,
        "file with a prompt on each line, or resource:text/consistency-prompts.txt");
    command->add_option("--against", a->request.against,
                        strCat("a second model, asked the same; ", kModelHelp));
    command->add_flag("--chat", a->request.chat,
                      "prompts are questions, put by the model's chat template where it has one");
    addChecked(command, "--answers", a->request.sampling.answers, "how often each is asked",
               CLI::Range(1, 1024));
    addSampling(command, a->request.sampling);
    table.add(command, [=](bool json) { return ask(*a, json); });
}

}  // namespace skd::cli
