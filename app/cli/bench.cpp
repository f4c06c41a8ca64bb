#include <iostream>

#include "base/files.h"
#include "base/table.h"
#include "bench/scaling.h"
#include "bench/turns.h"
#include "cli/commands.h"
#include "cli/engine_call.h"

namespace skd::cli {
namespace {

struct BenchArguments {
    ModelArguments model;
    bench::BenchRequest request;
    bench::TurnRequest turns;
    std::string plot;
    bool list = false, scaling = false;
};

std::string secondsText(double seconds) {
    return seconds < 1 ? strCat(formatNumber(seconds * 1e3, 4), " ms")
                       : strCat(formatNumber(seconds, 4), " s");
}

int listRows(bool json) {
    TextTable table{.header = {"row", "work", "reference", "bound", "to reach"}};
    Json rows = Json::array();
    for (const bench::RowOutline& row : bench::benchRows()) {
        table.rows.push_back({row.name, row.work, row.reference, row.bound, row.toReach});
        rows.push_back({{"name", row.name},
                        {"work", row.work},
                        {"unit", row.unit},
                        {"reference", row.reference},
                        {"bound", row.bound},
                        {"to_reach", row.toReach},
                        {"needs_model", row.needsModel}});
    }
    if (json)
        print({{"rows", rows}, {"scaling", bench::scalingNames()}}, true);
    else
        std::cout << toConsole(table);
    return kDone;
}

std::vector<std::string> cellsOf(const bench::BenchRow& row) {
    if (!row.missing.empty()) return {row.name, "missing"};
    if (row.error) return {row.name, "failed"};
    const Spread& seconds = row.ours.seconds;
    return {row.name,
            secondsText(seconds.median),
            strCat("+-", formatNumber((seconds.high - seconds.low) / 2 / seconds.median * 100, 2),
                   " %"),
            strCat(formatNumber(row.ours.rate, 4), " ", row.unit, "/s"),
            secondsText(row.reference.seconds.median),
            strCat(formatNumber(row.ratio.median, 3), "x"),
            strCat(formatNumber(row.bound.value, 4), " ", row.bound.unit),
            strCat(formatNumber(row.share * 100, 3), " %"),
            row.toReach,
            !row.reached   ? ""
            : *row.reached ? "yes"
                           : "no"};
}

void printBench(const bench::BenchReport& report) {
    TextTable table{.header = {"row", "ours", "quartiles", "rate", "reference", "ratio", "probe",
                               "of bound", "to reach", "reached"}};
    for (const bench::BenchRow& row : report.rows) {
        table.rows.push_back(cellsOf(row));
        if (row.error) table.notes.push_back(strCat(row.name, ": ", row.error->message));
        if (!row.missing.empty()) table.notes.push_back(strCat(row.name, ": ", row.missing));
    }
    const auto load = [](const std::vector<double>& values) {
        return values.empty() ? std::string("unknown") : formatNumber(values.front(), 3);
    };
    std::cout << valueOr(memberOf(report.machine, "processor"), "") << ", "
              << valueOr(memberOf(report.machine, "instructions"), "") << ", "
              << valueOr(memberOf(report.machine, "threads"), std::int64_t{0})
              << " threads; LibTorch " << valueOr(memberOf(report.machine, "libtorch"), "")
              << ", sparsekd " << valueOr(memberOf(report.machine, "version"), "") << "\n"
              << report.model << " in " << report.arithmetic << "; " << report.rounds
              << " rounds by turns, medians; load " << load(report.loadBefore) << " before, "
              << load(report.loadAfter) << " after"
              << (report.quick ? "; small sizes: the figures say nothing of the machine" : "")
              << "\n"
              << toConsole(table);
}

Result<int> scale(const BenchArguments& a, const RunContext& context, bool json) {
    SKD_TRY(const bench::ScalingReport report, bench::runScaling(a.request, context));
    if (!a.plot.empty()) SKD_CHECK(writeFileAtomically(a.plot, report.toSvg()));
    if (json) {
        print(report.toJson(), true);
    } else {
        TextTable table{.header = {"series", "work", "size", "time"}};
        for (const bench::ScalingSeries& series : report.series)
            for (const bench::ScalingPoint& point : series.points)
                table.rows.push_back({series.name, series.work,
                                      strCat(formatNumber(point.size), " ", series.unit),
                                      secondsText(point.seconds.median)});
        for (const bench::ScalingSeries& series : report.series)
            table.notes.push_back(strCat(series.name, ": time ~ ", series.unit, "^",
                                         formatFixed(series.exponent, 2)));
        std::cout << toConsole(table);
    }
    return report.cancelled ? kCancelled : kDone;
}

/// Failed where a row's work failed; a model that is not here is no failure.
Result<int> measure(BenchArguments& a, bool json) {
    if (a.list) return listRows(json);
    if (!a.plot.empty() && !a.scaling)
        return fail(ErrorCode::InvalidInput, "--plot draws what --scaling measures; give both");
    SKD_CHECK(a.model.resolve());
    a.request.model = a.model.ref;
    const EngineCall call;
    if (a.scaling) return scale(a, call.context, json);
    SKD_TRY(const bench::BenchReport report, bench::runBench(a.request, call.context));
    if (json)
        print(report.toJson(), true);
    else
        printBench(report);
    if (report.cancelled) return kCancelled;
    for (const bench::BenchRow& row : report.rows)
        if (row.error) return kFailed;
    return kDone;
}

void addTurns(CLI::App* bench, CommandTable& table, const std::shared_ptr<BenchArguments>& a) {
    CLI::App* command = bench->add_subcommand(
        "turns", "work by line on request, so that another program can take turns");
    command->add_option("--ids", a->turns.ids, "file with a JSON array of token ids")->required();
    addChecked(command, "--window", a->turns.window, "tokens of a window of eval", atLeast(2));
    addChecked(command, "--windows", a->turns.windows, "windows of eval", atLeast(1));
    addChecked(command, "--samples", a->turns.samples, "samples of step", atLeast(1));
    addChecked(command, "--length", a->turns.length, "positions of a sample", atLeast(1));
    addChecked(command, "--micro-batch", a->turns.microBatch, "samples at once; 0 chooses",
               atLeast(0));
    addChecked(command, "--prompt", a->turns.prompt, "tokens of prefill", atLeast(1));
    addChecked(command, "--generate", a->turns.generate, "tokens of decode", atLeast(1));
    table.add(command, [=](bool) -> Result<int> {
        SKD_CHECK(a->model.resolve());
        a->turns.model = a->model.ref;
        SKD_CHECK(bench::takeTurns(a->turns, std::cin, std::cout));
        return kDone;
    });
}

}  // namespace

void addBench(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand(
        "bench", "this program's own work against reference paths and the machine's limits");
    auto a = std::make_shared<BenchArguments>();
    a->model.addTo(*command, "");
    command->add_option("--model", a->model.ref.path,
                        strCat("of the rows that need one; ", kModelHelp));
    command->add_option("--text", a->request.text, "text that rows read");
    command->add_option("--filter", a->request.filters,
                        "rows (with --scaling: series) whose name contains this; may be repeated");
    addChecked(command, "--rounds", a->request.rounds, "timed rounds after the warm-up",
               CLI::Range(1, 1000));
    command->add_flag("--quick", a->request.quick, "small sizes, to try whether everything runs");
    command->add_flag("--list", a->list, "name the rows, measure nothing");
    command->add_flag("--scaling", a->scaling,
                      "how cost grows with tokens, layers, width, vocabulary, k, threads, corpus");
    command->add_option("--plot", a->plot, "with --scaling: file for a chart (SVG)");
    table.add(command, [=](bool json) { return measure(*a, json); });
    addTurns(command, table, a);
}

}  // namespace skd::cli
