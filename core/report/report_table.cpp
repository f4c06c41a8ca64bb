#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/text.h"
#include "report/report.h"
#include "report/row_figures.h"

namespace skd {
namespace {

struct Column {
    std::string header;
    std::function<std::string(const RowFigures&)> cell;
    bool optional = false;  ///< shown where any row has something there
};

std::string seedCountText(const RowFigures& row) {
    const int count = std::max(row.final.count, row.pruned.count);
    return row.dense || count == 0 ? "–" : std::to_string(count);
}

Column name(const char* header) {
    return {header, [](const RowFigures& row) { return row.label; }};
}
Column removed() {
    return {"MLP removed", [](const RowFigures& row) { return shareText(row.removed.mean); }};
}
Column figure(const char* header, Statistic RowFigures::*statistic) {
    return {header, [=](const RowFigures& row) { return figureText(row.*statistic); }};
}
Column paper(std::function<std::string(const RowFigures&)> cell) {
    return {"paper", std::move(cell), true};
}
Column paper(const char* figureName) {
    return paper([=](const RowFigures& row) { return figureText(row.paperFigure(figureName)); });
}
Column paperShare(const char* figureName) {
    return paper([=](const RowFigures& row) { return shareText(row.paperFigure(figureName)); });
}
/// A difference of log perplexities as a change or as a multiple.
Column against(const char* header, Contrast RowFigures::*other,
               std::string (*text)(const Contrast&)) {
    return {header, [=](const RowFigures& row) { return text(row.*other); }, true};
}
Column seeds() {
    return {"seeds", seedCountText};
}

std::vector<Column> recoveryColumns(double paperDense) {
    const auto paperFinal = [=](const RowFigures& row) {
        const double value = row.paperFigure("post_kd_ppl");
        const std::string text = figureText(value);
        return std::isnan(row.paperFigure("std"))
                   ? text
                   : strCat(text, " ± ", formatNumber(row.paperFigure("std"), 3));
    };
    return {name("stage"),
            removed(),
            paperShare("removed"),
            figure("pre-KD PPL", &RowFigures::pruned),
            paper("post_prune_ppl"),
            figure("post-KD PPL", &RowFigures::final),
            paper(paperFinal),
            against("vs dense", &RowFigures::againstDense, changeText),
            paper([=](const RowFigures& row) {
                return row.dense ? "–"
                                 : changeText(row.paperFigure("post_kd_ppl") / paperDense - 1);
            }),
            against("vs tuned dense", &RowFigures::againstTuned, changeText),
            seeds()};
}

std::vector<Column> baselineColumns(double paperDense) {
    return {name("sparsity"),
            removed(),
            figure("pre-KD PPL", &RowFigures::pruned),
            paper("post_prune_ppl"),
            figure("post-KD PPL", &RowFigures::final),
            paper("post_kd_ppl"),
            against("× dense", &RowFigures::againstDense, timesText),
            paper([=](const RowFigures& row) {
                return timesText(row.paperFigure("post_kd_ppl") / paperDense);
            }),
            against("× tuned dense", &RowFigures::againstTuned, timesText),
            {"recovery", [](const RowFigures& row) { return shareText(row.recovery()); }},
            paperShare("recovery"),
            seeds()};
}

std::vector<Column> teacherColumns(const std::vector<RowFigures>& rows) {
    const RowFigures first = rows.empty() ? RowFigures() : rows.front();
    const auto againstFirst = [first](const RowFigures& row, double times) {
        return row.label == first.label ? "baseline" : changeText(times - 1);
    };
    return {name("configuration"),
            removed(),
            figure("teacher PPL", &RowFigures::teacher),
            paper("teacher_ppl"),
            figure("pre-KD PPL", &RowFigures::pruned),
            figure("student PPL", &RowFigures::final),
            paper("post_kd_ppl"),
            {"vs first row",
             [=](const RowFigures& row) {
                 return againstFirst(row, row.final.mean / first.final.mean);
             }},
            paper([=](const RowFigures& row) {
                const double times =
                    row.paperFigure("post_kd_ppl") / first.paperFigure("post_kd_ppl");
                return std::isnan(times) ? "–" : againstFirst(row, times);
            }),
            against("vs dense", &RowFigures::againstDense, changeText),
            against("vs tuned dense", &RowFigures::againstTuned, changeText),
            seeds()};
}

std::vector<Column> protocolColumns() {
    return {name("model"),
            {"evaluation", [](const RowFigures& row) { return row.protocol; }},
            figure("PPL", &RowFigures::final),
            paper("post_kd_ppl"),
            seeds()};
}

/// The paper's words for Table IX: strong within 5 % of dense, moderate within 15 %, strong+ below
/// it.
std::string qualityText(double timesDense) {
    if (std::isnan(timesDense)) return "–";
    if (timesDense < 1) return "Strong+";
    return timesDense <= 1.05 ? "Strong" : timesDense <= 1.15 ? "Moderate" : "Weak";
}

std::vector<Column> comparatorColumns() {
    return {
        name("method"),
        removed(),
        {"parameters removed",
         [](const RowFigures& row) { return shareText(row.parametersRemoved.mean); }},
        figure("pre-KD PPL", &RowFigures::pruned),
        figure("post-KD PPL", &RowFigures::final),
        {"pruned alone",
         [](const RowFigures& row) { return qualityText(row.pruned.mean / row.denseFigure.mean); }},
        {"with KD", [](const RowFigures& row) { return qualityText(row.timesDense()); }},
        paper([](const RowFigures& row) { return row.note.empty() ? "–" : row.note; }),
        against("vs dense", &RowFigures::againstDense, changeText),
        against("vs tuned dense", &RowFigures::againstTuned, changeText),
        seeds()};
}

bool isEmpty(const Column& column, const std::vector<RowFigures>& rows) {
    return column.optional && std::all_of(rows.begin(), rows.end(), [&](const RowFigures& row) {
               return column.cell(row) == "–";
           });
}

std::vector<Column> columnsOf(const StudyResults& results, const std::vector<RowFigures>& rows) {
    const double paperDense = paperDensePerplexity(rows);
    switch (results.study.table.layout) {
        case TableLayout::Recovery:
            return recoveryColumns(paperDense);
        case TableLayout::Baseline:
            return baselineColumns(paperDense);
        case TableLayout::TeacherSwap:
            return teacherColumns(rows);
        case TableLayout::Protocols:
            return protocolColumns();
        case TableLayout::Comparators:
            return comparatorColumns();
        case TableLayout::Pruners:
        case TableLayout::Inference:
        case TableLayout::Kernels:
        case TableLayout::SpeedUps:
        case TableLayout::Consistency:
            break;
    }
    return {};
}

/// What limits the comparison of rows: points chosen of a grid, budgets that differ or were not
/// used.
void addLimits(const std::vector<RowFigures>& rows, ReportTable& table) {
    constexpr double kNoticeable = 0.05;
    std::vector<std::string> unequal, used;
    for (const RowFigures& row : rows) {
        if (row.tuned && !row.tuned->budget.equals(row.budget))
            unequal.push_back(strCat(row.label, " ", row.budget.text(), ", tuned dense ",
                                     row.tuned->budget.text()));
        if (std::fabs(row.budgetUsed - 1) > kNoticeable)
            used.push_back(strCat(row.label, " ", shareText(row.budgetUsed)));
        if (!row.point.empty())
            table.notes.push_back(strCat(row.label, ": ", row.point,
                                         ", the best point of its grid by the live curve."));
    }
    if (!unequal.empty())
        table.notes.push_back(strCat("Budgets differ: ", joined(unequal, "; "), "."));
    if (!used.empty())
        table.notes.push_back(strCat("Share of the budget that was used: ", joined(used), "."));
}

/// Where the two columns come from.
void addReferences(const std::vector<RowFigures>& rows, ReportTable& table) {
    std::vector<std::string> tuned;
    bool distilled = false, interval = false, byText = true;
    for (const RowFigures& row : rows) {
        if (row.againstDense.seeds == 0) continue;
        distilled = true;
        interval = interval || row.againstDense.hasInterval();
        byText = byText && !std::isnan(row.againstDense.text.standardError);
        const std::string name = row.tuned ? strCat(row.tuned->variant, ", ", row.tuned->how) : "";
        if (row.tuned && std::find(tuned.begin(), tuned.end(), name) == tuned.end())
            tuned.push_back(name);
    }
    if (!distilled) return;
    table.notes.push_back(
        "Arms are compared after distillation; figures before it (pre-KD) are a diagnosis.");
    if (interval)
        table.notes.push_back(strCat(
            "Changes are paired by seed; in brackets the 95 % interval, from the scatter between ",
            byText ? "seeds and between blocks of the text."
                   : "seeds alone where a run has kept no losses by block of text."));
    table.notes.push_back(
        tuned.empty()
            ? std::string("No tuned dense model in this study: no arm trains the dense "
                          "model on the same corpus (control dense-ce or dense-kd).")
            : strCat("Tuned dense: ", joined(tuned, "; "), " (arms dense + CE and dense + KD)."));
    addLimits(rows, table);
}

/// A variant's runs whose spec has `value` at the pivot's path.
Statistic pivotCell(const StudyResults& results, const std::string& variant, const Json& value) {
    std::vector<const StudyRun*> runs = results.complete(variant);
    std::erase_if(runs, [&](const StudyRun* run) {
        return valueAt(toJson(run->spec), results.study.table.pivot) != value;
    });
    return over(runs, &RunSummary::finalPpl);
}

std::string headerText(const std::string& path, const Json& value) {
    if (path.ends_with("target") && value.is_number()) return shareText(valueOr(value, 0.0));
    return value.is_string() ? valueOr(value, "") : dumpJson(value);
}

ReportTable pivotTable(const StudyResults& results) {
    const StudySpec& study = results.study;
    ReportTable table{.title = study.table.caption, .header = {"pruner"}};
    const Json& values = study.grid.at(study.table.pivot);
    for (const Json& value : values) table.header.push_back(headerText(study.table.pivot, value));
    for (const StudyVariant& variant : study.variants) {
        std::vector<std::string> row{variant.name};
        for (const Json& value : values)
            row.push_back(figureText(pivotCell(results, variant.name, value)));
        table.rows.push_back(std::move(row));
    }
    std::vector<double> dense;
    for (const StudyRun& run : results.runs)
        if (run.complete()) dense.push_back(valueOrNan(run.summary.densePpl));
    table.notes.push_back(
        strCat("Dense: ", figureText(summarise(dense)), ". Columns: ", study.table.pivot, "."));
    return table;
}

/// A protocol's definition as a run has recorded it, or "".
std::string definitionOf(const StudyRun& run, const std::string& protocol) {
    if (const ProtocolSummary* also = run.summary.findAlso(protocol))
        return also->recordedDefinition();
    return protocol == enumName(run.spec.eval.protocol) ? run.summary.protocol : "";
}

/// One line per protocol of the rows; figures of two of them are never compared.
void addDefinitions(const StudyResults& results, const std::vector<RowFigures>& rows,
                    ReportTable& table) {
    std::set<std::string> done;
    for (const RowFigures& row : rows)
        for (const StudyRun& run : results.runs) {
            if (done.contains(row.protocol)) break;
            const std::string definition = run.complete() ? definitionOf(run, row.protocol) : "";
            if (definition.empty()) continue;
            table.notes.push_back(strCat(row.protocol, ": ", definition));
            done.insert(row.protocol);
        }
}

ReportTable perplexityTable(const StudyResults& results) {
    const std::vector<RowFigures> rows = rowFigures(results);
    ReportTable table{.title = results.study.table.caption};
    std::vector<Column> columns = columnsOf(results, rows);
    std::erase_if(columns, [&](const Column& column) { return isEmpty(column, rows); });
    for (const Column& column : columns) table.header.push_back(column.header);
    for (const RowFigures& row : rows) {
        table.rows.emplace_back();
        for (const Column& column : columns) table.rows.back().push_back(column.cell(row));
        const bool word = results.study.table.layout == TableLayout::Comparators;
        if (!row.note.empty() && !word) table.notes.push_back(strCat(row.label, ": ", row.note));
    }
    if (results.study.table.layout == TableLayout::Protocols)
        addDefinitions(results, rows, table);
    else
        addReferences(rows, table);
    if (results.study.table.layout == TableLayout::Comparators)
        table.notes.push_back(
            "Strong+: below dense; Strong: within 5 % of it; Moderate: within 15 %; Weak: above.");
    return table;
}

}  // namespace

ReportTable mainTable(const StudyResults& results) {
    const StudyTable& asked = results.study.table;
    if (asked.layout == TableLayout::Pruners) return pivotTable(results);
    const bool consistency = asked.layout == TableLayout::Consistency;
    ReportTable table = isTimedLayout(asked.layout) ? timedTable(results)
                        : consistency               ? consistencyTable(results)
                                                    : perplexityTable(results);
    table.notes.insert(table.notes.end(), asked.notes.begin(), asked.notes.end());
    if (!asked.source.empty()) table.notes.push_back(strCat("Paper: ", asked.source));
    return table;
}

}  // namespace skd
