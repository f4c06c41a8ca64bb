#include <iostream>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/console_sink.h"
#include "cli/interrupt.h"
#include "requests/tools.h"

namespace skd::cli {
namespace {

struct SpectrumArguments {
    RunSpec spec;
    ModelArguments model;
    std::string corpus;
    bool calibrate = false;
};

void printTable(const Json& result) {
    std::cout
        << "matrix                              shape        break-even  rank at tau  sigma max\n";
    for (const Json& matrix : result["matrices"]) {
        std::string name = matrix["name"].get<std::string>();
        name.resize(std::max<std::size_t>(name.size(), 35), ' ');
        std::cout << name << " " << matrix["shape"][0] << " x " << matrix["shape"][1] << "   "
                  << matrix["break_even"] << "         " << matrix["rank_at_tau"] << "          "
                  << formatNumber(matrix["singular_values"][0].get<double>(), 4) << "\n";
    }
}

int spectrum(SpectrumArguments& arguments, bool json) {
    if (const Status status = arguments.model.resolve(); !status)
        return report(status.error(), json);
    arguments.spec.model = arguments.model.ref;
    if (!arguments.corpus.empty()) {
        arguments.calibrate = true;
        if (arguments.corpus != "default")
            arguments.spec.corpus.shares = {
                {"text", arguments.corpus, CorpusFormat::Text, {"text"}, 1.0}};
        if (arguments.corpus.ends_with(".jsonl"))
            arguments.spec.corpus.shares[0].format = CorpusFormat::Jsonl;
    }
    const Interrupt interrupt;
    ConsoleSink sink;
    RunContext context;
    context.sink = &sink;
    context.stop = interrupt.token();
    const auto result =
        modelSpectrum(arguments.spec, arguments.calibrate, arguments.model.runs(), context);
    if (interrupt.requested()) return kCancelled;
    if (!result) return report(result.error(), json);
    if (json)
        print(*result, true);
    else
        printTable(*result);
    return kDone;
}

}  // namespace

void addSpectrum(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand(
        "spectrum", "singular values of every MLP matrix, and the rank an energy threshold needs");
    auto a = std::make_shared<SpectrumArguments>();
    a->model.addTo(*command);
    command->add_option("--corpus", a->corpus,
                        "whiten by this text or .jsonl file (field \"text\"); \"default\" takes "
                        "the corpus that ships");
    command->add_option("--tau", a->spec.prune.energy, "energy threshold")
        ->check(CLI::Range(0.01, 1.0));
    command->add_option("--tokens", a->spec.prune.calibrationTokens, "calibration tokens")
        ->check(CLI::PositiveNumber);
    const auto json = addJsonFlag(*command);
    table[command] = [=] { return spectrum(*a, *json); };
}

}  // namespace skd::cli
