#include <iostream>

#include "base/table.h"
#include "cli/commands.h"
#include "cli/engine_call.h"
#include "requests/tools.h"

namespace skd::cli {
namespace {

/// NaN where there are none.
double largest(const Json& matrix) {
    const Json& values = memberOf(matrix, "singular_values");
    return values.is_array() && !values.empty() ? valueOr(values.front(), std::nan(""))
                                                : std::nan("");
}

struct SpectrumArguments {
    RunSpec spec;
    ModelArguments model;
    std::string corpus;
    bool calibrate = false;
};

void printSpectrum(const Json& result) {
    TextTable table{.header = {"matrix", "shape", "break-even", "rank at tau", "sigma max"},
                    .figures = true};
    for (const Json& matrix : memberOf(result, "matrices"))
        table.rows.push_back({valueOr(matrix, "name", ""), joined(memberOf(matrix, "shape"), " x "),
                              dumpJson(memberOf(matrix, "break_even")),
                              dumpJson(memberOf(matrix, "rank_at_tau")),
                              formatNumber(largest(matrix), 4)});
    std::cout << toConsole(table);
}

Result<int> spectrum(SpectrumArguments& arguments, bool json) {
    SKD_CHECK(arguments.model.resolve());
    arguments.spec.model = arguments.model.ref;
    if (!arguments.corpus.empty()) {
        arguments.calibrate = true;
        if (arguments.corpus != "default")
            arguments.spec.corpus.shares = {
                {"text", arguments.corpus, CorpusFormat::Text, {"text"}, 1.0}};
        if (arguments.corpus.ends_with(".jsonl"))
            arguments.spec.corpus.shares[0].format = CorpusFormat::Jsonl;
    }
    const EngineCall call;
    const auto result =
        modelSpectrum(arguments.spec, arguments.calibrate, arguments.model.runs(), call.context);
    if (call.interrupt.requested()) return kCancelled;
    return answer(result, json, printSpectrum);
}

}  // namespace

void addSpectrum(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand(
        "spectrum", "singular values of every MLP matrix, and the rank an energy threshold needs");
    auto a = std::make_shared<SpectrumArguments>();
    a->model.addTo(*command);
    command->add_option("--corpus", a->corpus,
                        "whiten by this text or .jsonl file (field \"text\"); \"default\" uses the "
                        "corpus that ships");
    addChecked(command, "--tau", a->spec.prune.energy, "energy threshold", CLI::Range(0.01, 1.0));
    addChecked(command, "--tokens", a->spec.prune.calibrationTokens, "calibration tokens",
               atLeast(1));
    table.add(command, [=](bool json) { return spectrum(*a, json); });
}

}  // namespace skd::cli
