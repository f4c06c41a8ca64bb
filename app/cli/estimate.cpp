#include <iostream>

#include "base/table.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/run_spec_argument.h"
#include "study/memory_table.h"

namespace skd::cli {
namespace {

struct EstimateArguments {
    RunSpecArgument spec;
    std::string workspace = defaultWorkspace();
};

std::string verdict(const CardFit& card) {
    if (!card.fits) return "no";
    return card.changes.empty() ? "yes" : "with " + joined(card.changes);
}

void printMemory(const MemoryTable& memory) {
    TextTable parts{
        .title = "distillation on an accelerator", .header = {"part", "memory"}, .figures = true};
    for (const auto& [name, bytes] : memoryParts(memory.memory))
        parts.rows.push_back({name, formatBytes(static_cast<double>(bytes))});
    parts.rows.push_back({"total", formatBytes(static_cast<double>(memory.memory.total()))});
    TextTable cards{.header = {"accelerator", "fits", "takes"}};
    for (const CardFit& card : memory.cards)
        cards.rows.push_back({strCat(card.gibibytes, " GB"), verdict(card),
                              formatBytes(static_cast<double>(card.bytes))});
    cards.notes = {strCat("Of each, ", formatBytes(static_cast<double>(kCardReserve)),
                          " are left to its driver and libraries. Estimated from sizes; not "
                          "measured on an accelerator.")};
    std::cout << toConsole(parts) << "\n" << toConsole(cards);
}

Result<int> estimate(const EstimateArguments& arguments, bool json) {
    SKD_TRY(const RunSpec spec, arguments.spec.read());
    SKD_TRY(const MemoryTable table, memoryTable(spec, RunPaths::of(arguments.workspace)));
    if (json)
        print(table.toJson(), true);
    else
        printMemory(table);
    return kDone;
}

}  // namespace

void addEstimate(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand(
        "estimate", "memory of a run's distillation by part, and which accelerators hold it");
    auto a = std::make_shared<EstimateArguments>();
    a->spec.addTo(command);
    command->add_option("--workspace", a->workspace, "SQLite file whose runs run:12 names");
    table.add(command, [=](bool json) { return estimate(*a, json); });
}

}  // namespace skd::cli
