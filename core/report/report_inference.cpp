#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "report/report.h"
#include "report/statistics.h"
#include "store/measurement_codec.h"

namespace skd {
namespace {

/// A row of the study's table with what its runs have timed of its model.
struct TimedRow : StudyTableRow {
    std::vector<double> removed = {};  ///< share of the MLP's parameters, a run each
    std::vector<std::int64_t> parameters = {};
    std::vector<BenchmarkCell> cells = {};  ///< at the row's batch
    std::vector<ModelProfile> profiles = {};

    [[nodiscard]] double paperFigure(const char* name) const {
        const auto found = paper.find(name);
        return found == paper.end() ? kNan : found->second;
    }
};

struct TimedColumn {
    std::string header;
    std::function<std::string(const TimedRow&)> cell;
    bool optional = false;  ///< shown where any row has something there
};

/// What a run has timed, of the dense and the final model; nothing where it has not.
std::optional<BenchmarkReport> benchmarkOf(const StudyRun& run) {
    auto report = readBenchmark(run.summary.benchmark);
    if (!run.complete() || !report || report->models.size() != 2) return std::nullopt;
    return std::move(*report);
}
std::optional<ProfileReport> profileOf(const StudyRun& run) {
    auto report = readProfile(run.summary.profile);
    if (!run.complete() || !report || report->models.size() != 2) return std::nullopt;
    return std::move(*report);
}

void addRun(TimedRow& row, const StudyRun& run) {
    const std::size_t model = row.dense ? 0 : 1;
    if (const auto report = benchmarkOf(run)) {
        row.parameters.push_back(report->models[model].parameters);
        for (const BenchmarkCell& cell : report->models[model].cells)
            if (cell.batch == row.batch) row.cells.push_back(cell);
    }
    if (const auto report = profileOf(run)) row.profiles.push_back(report->models[model]);
    row.removed.push_back(row.dense ? 0 : valueOrNan(run.summary.mlpRemoved));
}

std::vector<TimedRow> timedRows(const StudyResults& results) {
    std::vector<TimedRow> rows;
    for (const StudyTableRow& row : results.study.table.rows) {
        TimedRow& timed = rows.emplace_back(TimedRow{row});
        for (const StudyRun& run : results.runs) {
            const std::string& variant = results.study.variants[run.variantIndex].name;
            const bool belongs = row.variant.empty() ? row.dense : row.variant == variant;
            if (run.complete() && belongs) addRun(timed, run);
        }
    }
    return rows;
}

/// Of one run its median and quartiles, of several the mean of their medians with its deviation.
template <class Of>
std::string spreadText(const std::vector<BenchmarkCell>& cells, Of spreadOf,
                       std::string (*text)(double)) {
    if (cells.size() == 1) {
        const Spread& spread = spreadOf(cells.front());
        if (std::isnan(spread.median)) return "–";
        return strCat(text(spread.median), " (", text(spread.low), "–", text(spread.high), ")");
    }
    std::vector<double> medians;
    for (const BenchmarkCell& cell : cells) medians.push_back(spreadOf(cell).median);
    const Statistic all = summarise(medians);
    if (all.count < 2) return all.count == 0 ? "–" : text(all.mean);
    return strCat(text(all.mean), " ± ", figureText(all.deviation));
}

TimedColumn labelColumn(const char* header) {
    return {header, [](const TimedRow& row) { return row.label; }};
}
TimedColumn removedColumn() {
    return {"MLP removed",
            [](const TimedRow& row) { return shareText(summarise(row.removed).mean); }};
}
TimedColumn printed(const char* figure, std::string (*text)(double)) {
    return {"paper",
            [=](const TimedRow& row) {
                const double value = row.paperFigure(figure);
                return std::isnan(value) ? "–" : text(value);
            },
            true};
}
TimedColumn spreadColumn(const char* header, Spread BenchmarkCell::*spread,
                         std::string (*text)(double)) {
    return {header, [=](const TimedRow& row) {
                return spreadText(
                    row.cells,
                    [=](const BenchmarkCell& cell) -> const Spread& { return cell.*spread; }, text);
            }};
}

std::string millions(double parameters) {
    return strCat(formatFixed(parameters / 1e6, 0), " M");
}
std::string gigabytes(double value) {
    return strCat(formatFixed(value, 2), " GB");
}
std::string figureOf(double value) {
    return figureText(value);
}

std::string memoryCell(const TimedRow& row) {
    std::vector<double> bytes;
    for (const BenchmarkCell& cell : row.cells) bytes.push_back(cell.peakBytes);
    const Statistic all = summarise(bytes);
    return all.count == 0 ? "–" : gigabytes(all.mean / 1e9);
}

std::vector<TimedColumn> inferenceColumns() {
    return {labelColumn("model"),
            removedColumn(),
            printed("removed", shareText),
            {"parameters",
             [](const TimedRow& row) {
                 return row.parameters.empty()
                            ? std::string("–")
                            : millions(static_cast<double>(row.parameters.front()));
             }},
            printed("parameters", millions),
            {"batch", [](const TimedRow& row) { return std::to_string(row.batch); }},
            spreadColumn("TTFT ms", &BenchmarkCell::ttftMs, figureOf),
            printed("ttft_ms", figureOf),
            spreadColumn("TPOT ms", &BenchmarkCell::tpotMs, figureOf),
            printed("tpot_ms", figureOf),
            spreadColumn("prefill", &BenchmarkCell::prefillSpeedup, timesText),
            printed("prefill", timesText),
            spreadColumn("decode", &BenchmarkCell::decodeSpeedup, timesText),
            printed("decode", timesText),
            {"memory", memoryCell},
            printed("memory_gb", gigabytes)};
}

/// Mean over runs of what a profile says; NaN without any.
template <class Of>
double profileMean(const TimedRow& row, Of valueOf) {
    std::vector<double> values;
    for (const ModelProfile& profile : row.profiles) values.push_back(valueOf(profile));
    return summarise(values).mean;
}

std::string timeAndShare(double milliseconds, double total) {
    if (std::isnan(milliseconds)) return "–";
    return strCat(figureText(milliseconds), " (", formatFixed(milliseconds / total * 100, 0),
                  " %)");
}

double totalMs(const ModelProfile& profile) {
    return 1000 * profile.typicalSeconds();
}

TimedColumn bucketColumn(const char* header, PaperBucket bucket) {
    return {header, [=](const TimedRow& row) {
                return timeAndShare(profileMean(row,
                                                [=](const ModelProfile& profile) {
                                                    return 1000 * profile.paperBuckets().at(bucket);
                                                }),
                                    profileMean(row, totalMs));
            }};
}
TimedColumn printedBucket(const char* figure) {
    return {"paper",
            [=](const TimedRow& row) {
                return timeAndShare(row.paperFigure(figure), row.paperFigure("total_ms"));
            },
            true};
}
/// Of a profile's comparison with the dense model, which has none of its own.
TimedColumn comparedColumn(const char* header, double (*of)(const ProfileComparison&)) {
    return {header, [=](const TimedRow& row) {
                if (row.dense || row.profiles.empty()) return std::string("–");
                return timesText(
                    profileMean(row, [=](const ModelProfile& p) { return of(p.comparison); }));
            }};
}

std::vector<TimedColumn> kernelColumns() {
    return {labelColumn("model"),
            removedColumn(),
            printed("removed", shareText),
            bucketColumn("attention ms", PaperBucket::Attention),
            printedBucket("attention_ms"),
            bucketColumn("FFN/GEMM ms", PaperBucket::Gemm),
            printedBucket("gemm_ms"),
            bucketColumn("rest ms", PaperBucket::Rest),
            {"total ms", [](const TimedRow& row) { return figureText(profileMean(row, totalMs)); }},
            printed("total_ms", figureOf),
            comparedColumn("speed-up", [](const ProfileComparison& c) { return c.speedUp.median; }),
            comparedColumn("predicted", [](const ProfileComparison& c) { return c.predicted; }),
            comparedColumn("ceiling", [](const ProfileComparison& c) { return c.ceiling; })};
}

std::vector<TimedColumn> speedUpColumns() {
    return {labelColumn("method"),
            removedColumn(),
            {"batch",
             [](const TimedRow& row) {
                 return row.batch > 0 ? std::to_string(row.batch) : std::string("–");
             }},
            spreadColumn("prefill", &BenchmarkCell::prefillSpeedup, timesText),
            spreadColumn("decode", &BenchmarkCell::decodeSpeedup, timesText),
            comparedColumn("MLP products",
                           [](const ProfileComparison& c) { return 1 / c.mlpTime.median; }),
            {"paper",
             [](const TimedRow& row) { return row.note.empty() ? std::string("–") : row.note; }}};
}

std::vector<TimedColumn> timedColumns(TableLayout layout) {
    if (layout == TableLayout::Kernels) return kernelColumns();
    return layout == TableLayout::SpeedUps ? speedUpColumns() : inferenceColumns();
}

std::string machineOf(const StudyRun& run) {
    return valueOr(run.environment, "processor", std::string("a processor that is not known"));
}

/// How times were taken, by the first run that has any.
void addTimingNotes(const StudyResults& results, ReportTable& table) {
    const TableLayout layout = results.study.table.layout;
    bool benchmarked = layout == TableLayout::Kernels, profiled = layout == TableLayout::Inference;
    for (const StudyRun& run : results.runs) {
        if (const auto report = benchmarkOf(run); report && !benchmarked) {
            benchmarked = true;
            table.notes.push_back(
                strCat("Timed here on ", machineOf(run), ": ", report->prompt, " tokens read, ",
                       report->generate, " generated; ", report->dtype, ", ", report->device, ", ",
                       report->threads, " threads; ", report->rounds,
                       " rounds, the dense and the cut model in turns; median (quartiles)."));
            if (layout == TableLayout::Inference)
                table.notes.push_back(strCat("Memory: ", report->memoryDefinition, "."));
        }
        if (const auto report = profileOf(run); report && !profiled) {
            profiled = true;
            table.notes.push_back(strCat(
                "Profiled here on ", machineOf(run), ": batch ", report->batch, " of ",
                report->length, " tokens; ", report->dtype, ", ", report->device, ", ",
                report->threads, " threads; ", report->rounds, " rounds; ", report->method, "."));
        }
    }
}

}  // namespace

bool isTimedLayout(TableLayout layout) {
    return layout == TableLayout::Inference || layout == TableLayout::Kernels ||
           layout == TableLayout::SpeedUps;
}

ReportTable timedTable(const StudyResults& results) {
    const StudyTable& asked = results.study.table;
    const std::vector<TimedRow> rows = timedRows(results);
    std::vector<TimedColumn> columns = timedColumns(asked.layout);
    std::erase_if(columns, [&](const TimedColumn& column) {
        return column.optional && std::ranges::all_of(rows, [&](const TimedRow& row) {
                   return column.cell(row) == "–";
               });
    });
    ReportTable table{.title = asked.caption};
    for (const TimedColumn& column : columns) table.header.push_back(column.header);
    for (const TimedRow& row : rows) {
        std::vector<std::string>& cells = table.rows.emplace_back();
        for (const TimedColumn& column : columns) cells.push_back(column.cell(row));
        if (!row.note.empty() && asked.layout != TableLayout::SpeedUps)
            table.notes.push_back(strCat(row.label, ": ", row.note));
    }
    if (asked.layout == TableLayout::Kernels)
        table.notes.push_back(
            "FFN/GEMM as in the paper: all products with weights, attention projections and head "
            "included. Predicted: MLP time shrinks as its FLOPs, the rest stays; ceiling (Amdahl): "
            "MLP products need no time.");
    addTimingNotes(results, table);
    return table;
}

}  // namespace skd
