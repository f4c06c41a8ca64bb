#include <iostream>

#include "base/record.h"
#include "base/table.h"
#include "cli/commands.h"
#include "cli/engine_call.h"
#include "requests/tools.h"

namespace skd::cli {
namespace {

struct EvalArguments {
    ModelArguments model;
    EvalSpec spec;
    std::string protocol = "paper-512-256", bos = "auto", against;
    bool noQuality = false;
};

constexpr const char* kAll = "all";

Status resolve(EvalArguments& a) {
    if (a.protocol == kAll)
        a.spec.also = enumNames<Protocol>();
    else
        SKD_CHECK(choose("--protocol", a.protocol, a.spec.protocol));
    if (a.protocol == kAll && !a.against.empty())
        return fail(ErrorCode::InvalidInput,
                    "--against compares on one protocol; choose one with --protocol");
    a.spec.quality = !a.noQuality;
    SKD_CHECK(choose("--bos", a.bos, a.spec.bos));
    return a.model.resolve();
}

/// A line of figures per protocol, and what its perplexity is per byte.
void printSideBySide(const Json& result) {
    std::vector<Json> reports{result};
    for (const Json& other : memberOf(result, "also")) reports.push_back(other);
    TextTable table{
        .header = {"protocol", "perplexity", "+- std. error", "tokens scored", "definition"}};
    for (const Json& report : reports) {
        const auto number = [&](const char* key, int digits, const char* none = "not finite") {
            double value = 0;  // an infinite one is a word in JSON
            return readMember(report[key], value) ? formatNumber(value, digits) : std::string(none);
        };
        table.rows.push_back({valueOr(report, "protocol", ""), number("ppl", 6),
                              number("standard_error", 3, "unknown"),
                              groupDigits(valueOr(report, "scored_tokens", std::int64_t{0})),
                              valueOr(report, "definition", "")});
        if (report.contains("bits_per_byte"))
            table.notes.push_back(strCat(table.rows.back()[0], " per byte ",
                                         number("byte_perplexity", 6), ", bits per byte ",
                                         number("bits_per_byte", 6)));
    }
    std::cout << valueOr(result, "model", "") << ", " << valueOr(result, "dtype", "")
              << ", log-softmax in f32\n"
              << toConsole(table);
}

Result<int> evaluate(EvalArguments& arguments, bool json) {
    SKD_CHECK(resolve(arguments));
    const EngineCall call;
    const auto result = arguments.against.empty()
                            ? evaluateModel(arguments.model.ref, arguments.spec,
                                            arguments.model.runs(), call.context)
                            : compareToModel(arguments.model.ref, arguments.against, arguments.spec,
                                             arguments.model.runs(), call.context);
    return answer(result, json, [](const Json& value) {
        if (value.contains("also"))
            printSideBySide(value);
        else
            print(value, false);
    });
}

}  // namespace

void addEval(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand("eval", "perplexity of a model on a text");
    auto a = std::make_shared<EvalArguments>();
    a->spec.maxTokens = 0;
    a->model.addTo(*command);
    command->add_option(
        "--text", a->spec.text,
        "text file; default: the WikiText-2 test split that ships with the program");
    command->add_option("--protocol", a->protocol,
                        "paper-512-256, nonoverlap-2048, llama.cpp-512, lm-eval-wikitext, "
                        "hf-stride, sliding, or all side by side");
    command->add_option(
        "--against", a->against,
        "dense model: print KL, top-1 agreement and the paired difference in perplexity to it");
    command->add_flag("--no-quality", a->noQuality, "skip calibration (ECE, Brier, entropy)");
    addChecked(command, "--context", a->spec.context,
               "tokens of a window (default: the protocol's)", atLeast(0))
        ->default_str("");
    addChecked(command, "--stride", a->spec.stride,
               "tokens between windows (default: the protocol's)", atLeast(0))
        ->default_str("");
    addChecked(command, "--max-tokens", a->spec.maxTokens,
               "first tokens of the text (lm-eval-wikitext: whole pages that fit); 0 uses all",
               atLeast(0));
    command->add_option("--bos", a->bos, "none, window, or auto (where the tokeniser adds one)");
    table.add(command, [=](bool json) { return evaluate(*a, json); });
}

}  // namespace skd::cli
