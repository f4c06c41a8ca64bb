#include <cmath>
#include <iostream>

#include "base/table.h"
#include "cli/commands.h"
#include "cli/engine_call.h"
#include "cli/keep_measurement.h"
#include "store/measurement_codec.h"

namespace skd::cli {
namespace {

struct BenchmarkArguments {
    ModelArguments model;
    BenchmarkRequest request;
    bool breakEven = false, anew = false, keep = false;
    std::string form = enumName(MatrixForm::Factored);
};

/// "12.3 (12.1..12.6)"
std::string spread(const Spread& m, int digits) {
    return strCat(formatNumber(m.median, digits), " (", formatNumber(m.low, digits), "..",
                  formatNumber(m.high, digits), ")");
}

void printReport(const BenchmarkReport& report) {
    TextTable table{.header = {"model", "parameters", "MLP cut", "batch", "TTFT ms", "TPOT ms",
                               "prefill", "decode", "tokens/s", "of bound", "memory"},
                    .notes = {"memory: " + report.memoryDefinition}};
    for (const BenchmarkModel& m : report.models)
        for (const BenchmarkCell& c : m.cells)
            table.rows.push_back(
                {m.name, groupDigits(m.parameters), formatNumber(100 * m.mlpRemoved, 3) + " %",
                 std::to_string(c.batch), spread(c.ttftMs, 4), spread(c.tpotMs, 4),
                 formatNumber(c.prefillSpeedup.median, 3) + "x",
                 formatNumber(c.decodeSpeedup.median, 3) + "x",
                 formatNumber(c.decodeTokensPerSecond, 4),
                 std::isnan(c.boundShare) ? "-" : formatNumber(100 * c.boundShare, 3) + " %",
                 std::isnan(c.peakBytes) ? "not measured" : formatBytes(c.peakBytes)});
    std::cout << report.prompt << " tokens read, " << report.generate << " generated; "
              << report.dtype << ", " << report.device << ", " << report.threads << " threads; "
              << report.rounds << " rounds, models in turns; median (quartiles)\nread bandwidth "
              << formatNumber(report.bandwidth.median / 1e9, 3) << " GB/s\n"
              << toConsole(table);
}

void printBreakEven(const BreakEvenTable& table) {
    std::cout << table.machine << ", " << table.dtype << ", " << table.threads
              << " threads; microseconds\n";
    for (const BreakEvenShape& shape : table.shapes) {
        std::cout << shape.rows << " x " << shape.columns << ", batch " << shape.batch << ": dense "
                  << formatNumber(shape.dense, 4) << "; faster up to rank "
                  << shape.largestFasterRank() << " (fewer parameters up to "
                  << shape.parameterBreakEven() << ")\n ";
        for (const BreakEvenShape::Point& point : shape.factored)
            std::cout << "  " << point.rank << ": " << formatNumber(point.time, 4);
        std::cout << "\n";
    }
}

Json breakEvenJson(const BreakEvenTable& table) {
    Json json = table.toJson();
    for (std::size_t i = 0; i < table.shapes.size(); ++i) {
        // All shapes of the answer are of the form that was asked for.
        const bool blocks = json.contains("identity_block_shapes");
        Json& shape = json[blocks ? "identity_block_shapes" : "shapes"][i];
        shape["largest_faster_rank"] = table.shapes[i].largestFasterRank();
        shape["parameter_break_even"] = table.shapes[i].parameterBreakEven();
    }
    return json;
}

Result<int> breakEven(BenchmarkArguments& a, const RunContext& context, bool json) {
    if (a.request.models.size() != 1)
        return fail(ErrorCode::InvalidInput, "--break-even accepts one model");
    a.model.ref.path = a.request.models.front();
    BreakEvenRequest request{a.request.batches, MatrixForm::Factored, a.anew};
    parseEnum(a.form, request.form);  // --form accepts nothing else
    SKD_TRY(const BreakEvenTable table,
            modelBreakEven(a.model.ref, request, a.model.runs(), context));
    if (json)
        print(breakEvenJson(table), true);
    else
        printBreakEven(table);
    return context.stop.stop_requested() ? kCancelled : kDone;
}

Result<int> time(BenchmarkArguments& a, bool json) {
    SKD_CHECK(a.model.resolve());
    const EngineCall call;
    if (a.breakEven) return breakEven(a, call.context, json);
    SKD_TRY(const BenchmarkReport result,
            benchmarkModels(a.model.ref, a.request, a.model.runs(), call.context));
    if (a.keep && !result.cancelled)
        SKD_CHECK(keepMeasurement(BenchmarkTask{a.model.ref, a.request}, benchmarkJson(result),
                                  a.model.workspace));
    if (json)
        print(benchmarkJson(result), true);
    else
        printReport(result);
    return result.cancelled ? kCancelled : kDone;
}

}  // namespace

void addBenchmark(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand(
        "benchmark", "time to first token, time per token and memory of models, in turns");
    auto a = std::make_shared<BenchmarkArguments>();
    command
        ->add_option("MODEL", a->request.models,
                     strCat("the first is what the others are compared with; ", kModelHelp))
        ->required();
    a->model.addTo(*command, "");
    command->add_option("--batch", a->request.batches, "sequences at once, e.g. 1,16,64")
        ->delimiter(',')
        ->check(CLI::Range(1, 65536));
    addChecked(command, "--prompt", a->request.prompt, "tokens read per sequence", atLeast(1));
    addChecked(command, "--generate", a->request.generate, "tokens generated per sequence",
               CLI::Range(2, 1000000));
    addChecked(command, "--rounds", a->request.rounds,
               "timed rounds after the warm-up; medians need 5 or more", CLI::Range(1, 1000));
    command->add_flag("--break-even", a->breakEven,
                      "time dense against factored matrices in the shapes of one model's MLP");
    command
        ->add_option("--form", a->form,
                     "with --break-even: how the cut matrices are held, as prune.form")
        ->check(CLI::IsMember(enumNames<MatrixForm>()));
    command->add_flag("--anew", a->anew,
                      "with --break-even: measure again what the workspace has measured before");
    addKeepFlag(command, a->keep);
    table.add(command, [=](bool json) { return time(*a, json); });
}

}  // namespace skd::cli
