#include <cmath>
#include <iostream>

#include "base/table.h"
#include "cli/commands.h"
#include "cli/engine_call.h"
#include "requests/front_tool.h"

namespace skd::cli {
namespace {

struct FrontArguments {
    std::string workspace = defaultWorkspace();
    std::int64_t run = 0;
    FrontRequest request;
    bool csv = false;
};

/// Above the chord of its neighbours by more than this a point stands out.
constexpr double kStandsOut = 0.02;

std::string withError(std::optional<double> ppl, std::optional<double> error) {
    if (!ppl || std::isnan(*ppl)) return "–";
    const bool known = error && std::isfinite(*error);
    return formatNumber(*ppl, 5) + (known ? " ± " + formatNumber(*error, 2) : "");
}

/// "+1.2 %"
std::string deviation(double overChord) {
    if (std::isnan(overChord)) return "–";
    const std::string percent = formatFixed(100 * (overChord - 1), 1);
    return (percent.starts_with('-') ? "" : "+") + percent + " %";
}

double chordOf(const ElasticFront& front, std::size_t row) {
    for (std::size_t i = 0; i < front.checked.size(); ++i)
        if (front.checked[i] == row) return front.check.overChord[i];
    return std::nan("");
}

/// A line a size.
TextTable tableOf(const ElasticFront& front) {
    TextTable table{.header = {"removed", "source", "parameters", "weights", "perplexity before",
                               "perplexity", "over chord"},
                    .figures = true};
    for (std::size_t i = 0; i < front.rows.size(); ++i) {
        const FrontRow& row = front.rows[i];
        table.rows.push_back({percentText(row.point.removed), enumName(row.point.source),
                              row.parameters ? groupDigits(*row.parameters) : "–",
                              row.bytes ? formatBytes(static_cast<double>(*row.bytes)) : "–",
                              withError(row.before, row.beforeError),
                              withError(row.point.ppl, row.point.standardError),
                              deviation(chordOf(front, i))});
    }
    return table;
}

std::string csvNumber(std::optional<double> value) {
    return value && !std::isnan(*value) ? exactText(*value) : "";
}

TextTable csvOf(const ElasticFront& front) {
    TextTable table{.header = {"removed", "source", "actual_removed", "parameters", "bytes",
                               "pre_kd_ppl", "pre_kd_standard_error", "ppl", "standard_error",
                               "over_chord"}};
    for (std::size_t i = 0; i < front.rows.size(); ++i) {
        const FrontRow& row = front.rows[i];
        table.rows.push_back(
            {exactText(row.point.removed), enumName(row.point.source), csvNumber(row.actual),
             row.parameters ? strCat(*row.parameters) : "", row.bytes ? strCat(*row.bytes) : "",
             csvNumber(row.before), csvNumber(row.beforeError), csvNumber(row.point.ppl),
             csvNumber(row.point.standardError), csvNumber(chordOf(front, i) - 1)});
    }
    return table;
}

std::string removedAt(const ElasticFront& front, std::size_t place) {
    return percentText(front.rows[front.checked[place]].point.removed);
}

/// What the points say of the line through them, in sentences.
void printCheck(const ElasticFront& front) {
    if (front.checked.size() < 2) return;
    if (front.check.isMonotone())
        std::cout << "perplexity rises with every size, within its intervals\n";
    else
        std::cout << "perplexity falls, by more than its intervals, to "
                  << joined(front.check.falls, ", ",
                            [&](std::size_t place) { return removedAt(front, place); })
                  << " removed\n";
    const std::optional<std::size_t> worst = front.check.worst();
    if (!worst) return;
    const double over = front.check.overChord[*worst];
    std::cout << "largest deviation from the chord of the neighbours: " << deviation(over) << " at "
              << removedAt(front, *worst) << " removed"
              << (over > 1 + kStandsOut ? ", which stands out" : "") << "\n";
}

Result<int> showFront(const FrontArguments& a, bool json) {
    if (json && a.csv)
        return fail(ErrorCode::InvalidInput,
                    "--json and --csv are two forms of one result; "
                    "choose one");
    if (a.request.tokens > 0 && a.request.sizes == 0)
        return fail(ErrorCode::InvalidInput,
                    "--tokens is of sizes that are measured; give --sizes as well");
    FrontRequest request = a.request;
    request.run = RunId(a.run);
    request.workspace = a.workspace;
    const EngineCall call;
    SKD_TRY(const ElasticFront front, elasticFront(request, call.context));
    if (json) {
        Json record = front.toJson();
        record["run_id"] = a.run;
        print(record, true);
    } else if (a.csv) {
        std::cout << toCsv(csvOf(front), "\n");
    } else {
        std::cout << "run " << a.run << ": " << escapeLine(front.name) << ", " << front.protocol
                  << "; dense " << withError(front.densePpl, {}) << "\n"
                  << toConsole(tableOf(front));
        printCheck(front);
    }
    return front.cancelled ? kCancelled : kDone;
}

}  // namespace

void addFront(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand(
        "front",
        "perplexity over size of an elastic run: what it recorded, and more sizes measured");
    auto a = std::make_shared<FrontArguments>();
    addChecked(command, "RUN", a->run, "number of an elastic run", atLeast(1))->required();
    addWorkspace(command, a->workspace);
    addChecked(command, "--sizes", a->request.sizes,
               "measure this many sizes, evenly from the largest to the smallest, but for those on "
               "record",
               CLI::Range(2, 1000))
        ->default_str("");
    addChecked(command, "--tokens", a->request.tokens,
               "of the evaluation text, for the sizes measured (default: as many as the run)",
               atLeast(1))
        ->default_str("");
    command->add_flag("--csv", a->csv, "print the points as CSV on stdout");
    table.add(command, [=](bool json) { return showFront(*a, json); });
}

}  // namespace skd::cli
