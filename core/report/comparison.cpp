#include "report/comparison.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "report/study_arms.h"
#include "results/pareto.h"
#include "spec/config_diff.h"

namespace skd {
namespace {

/// A figure as it is shown; nothing where the run lacks it.
using Shown = std::optional<std::string>;

Shown textOf(const std::optional<double>& value) {
    return value ? Shown(figureText(*value)) : std::nullopt;
}
Shown textOf(const std::optional<std::int64_t>& value) {
    return value ? Shown(groupDigits(*value)) : std::nullopt;
}
/// Of a hash its beginning.
Shown textOf(const std::optional<std::string>& value) {
    return value && value->size() == 64 ? value->substr(0, 12) : value;
}
Shown textOf(const std::string& value) {
    return value.empty() ? std::nullopt : Shown(value);
}
Shown textOf(const RunSummary& summary, std::optional<double> QualityFigures::*figure) {
    return summary.quality ? textOf(summary.quality->final.*figure) : std::nullopt;
}
/// A share lies between 0 and 1; early versions kept a count of bytes there, which is shown as
/// such.
Shown shareOf(const std::optional<double>& value) {
    return value && std::fabs(*value) <= 1 ? Shown(shareText(*value)) : textOf(value);
}

struct Figure {
    const char* label;
    Shown (*shown)(const RunSummary& summary);
};

constexpr Figure kFigures[] = {
    {"dense PPL", [](const RunSummary& s) { return textOf(s.densePpl); }},
    {"pre-KD PPL", [](const RunSummary& s) { return textOf(s.postPrunePpl); }},
    {"post-KD PPL", [](const RunSummary& s) { return textOf(s.postKdPpl); }},
    {"post-KD standard error", [](const RunSummary& s) { return textOf(s.postKdStandardError); }},
    {"MLP parameters removed", [](const RunSummary& s) { return shareOf(s.mlpRemoved); }},
    {"all parameters removed", [](const RunSummary& s) { return shareOf(s.parametersRemoved); }},
    {"bytes removed", [](const RunSummary& s) { return shareOf(s.bytesRemoved); }},
    {"parameters", [](const RunSummary& s) { return textOf(s.parameters); }},
    {"KD steps", [](const RunSummary& s) { return textOf(s.kdSteps); }},
    {"best step", [](const RunSummary& s) { return textOf(s.bestStep); }},
    {"KD seconds", [](const RunSummary& s) { return textOf(s.kdSeconds); }},
    {"ECE", [](const RunSummary& s) { return textOf(s, &QualityFigures::ece); }},
    {"Brier", [](const RunSummary& s) { return textOf(s, &QualityFigures::brier); }},
    {"entropy", [](const RunSummary& s) { return textOf(s, &QualityFigures::entropy); }},
    {"KL to dense", [](const RunSummary& s) { return textOf(s, &QualityFigures::klToDense); }},
    {"agreement with dense",
     [](const RunSummary& s) { return textOf(s, &QualityFigures::agreement); }},
    {"protocol", [](const RunSummary& s) { return textOf(s.protocol); }},
    {"corpus SHA-256", [](const RunSummary& s) { return textOf(s.corpusSha256); }},
    {"teacher SHA-256", [](const RunSummary& s) { return textOf(s.teacherSha256); }},
    {"threads", [](const RunSummary& s) { return textOf(s.threads); }},
    {"arithmetic", [](const RunSummary& s) { return textOf(s.arithmetic); }},
};

Result<RunDetails> find(const std::string& name, const std::string& workspace) {
    const std::size_t colon = name.rfind(':');
    const std::string file = colon == std::string::npos ? workspace : name.substr(0, colon);
    const std::string number = colon == std::string::npos ? name : name.substr(colon + 1);
    std::int64_t id = 0;
    const auto parsed = std::from_chars(number.data(), number.data() + number.size(), id);
    if (parsed.ec != std::errc() || parsed.ptr != number.data() + number.size() || id <= 0)
        return fail(ErrorCode::InvalidInput,
                    strCat("\"", name,
                           "\" names no run; give a number, or FILE:NUMBER for another workspace"));
    SKD_TRY(const auto store, RunStore::open(file));
    return store->details(RunId(id));
}

void addFigures(const std::vector<RunDetails>& runs, Comparison& out) {
    const auto row = [&](const std::string& label, const auto& text) {
        std::vector<std::string> cells{label};
        for (const RunDetails& run : runs) cells.push_back(text(run));
        out.figures.rows.push_back(std::move(cells));
    };
    row("name", [](const RunDetails& run) { return run.row.name; });
    row("status", [](const RunDetails& run) { return std::string(runStatusName(run.row.status)); });
    for (const Figure& figure : kFigures) {
        const auto has = [&](const RunDetails& run) { return figure.shown(run.summary); };
        if (std::any_of(runs.begin(), runs.end(),
                        [&](const auto& run) { return has(run).has_value(); }))
            row(figure.label, [&](const RunDetails& run) { return has(run).value_or("–"); });
    }
}

/// A row per task and measure that any of the runs has.
void addTasks(const std::vector<RunDetails>& runs, Comparison& out) {
    using Figures = std::vector<std::pair<std::string, std::string>>;
    std::vector<Figures> all;
    std::vector<std::string> labels;
    for (const RunDetails& run : runs)
        for (const auto& [label, text] : all.emplace_back(taskFigures(run.summary)))
            if (std::ranges::find(labels, label) == labels.end()) labels.push_back(label);
    for (const std::string& label : labels) {
        std::vector<std::string>& row = out.figures.rows.emplace_back(1, label);
        for (const Figures& figures : all) {
            const auto found = std::ranges::find(figures, label, &Figures::value_type::first);
            row.push_back(found == figures.end() ? "–" : found->second);
        }
    }
}

/// Runs side by side are paired by text alone, whatever their seeds.
StudyRun withoutSeed(const RunDetails& run) {
    StudyRun out;
    if (auto spec = parseRunSpec(run.spec)) out.spec = std::move(*spec);
    out.summary = run.summary;
    return out;
}

/// Whether perplexities of both are of one protocol and text.
bool isComparable(const StudyRun& a, const StudyRun& b) {
    return a.summary.protocol == b.summary.protocol && a.spec.eval.text == b.spec.eval.text &&
           a.spec.eval.maxTokens == b.spec.eval.maxTokens;
}

/// The run's final perplexity against another log perplexity, shown and as JSON.
struct Against {
    std::string label, key;
    std::vector<Contrast> changes;  ///< one a run, empty where there is none
};

/// Against each run's own dense model, and against each run that is a tuned dense model.
std::vector<Against> againstOf(const std::vector<std::string>& names,
                               const std::vector<StudyRun>& runs) {
    std::vector<Against> out{{"vs dense", "vs_dense", {}}};
    for (const StudyRun& run : runs)
        out[0].changes.push_back(
            std::isnan(valueOrNan(run.summary.postKdPpl))
                ? Contrast()
                : difference(logPerplexities({&run}), denseLogPerplexities({&run})));
    for (std::size_t i = 0; i < runs.size(); ++i) {
        if (!isTunedDense(armOf(runs[i].spec)) || isContradicted(runs[i])) continue;
        Against tuned{strCat("vs tuned dense (", names[i], ")"), "vs_run_" + names[i], {}};
        for (const StudyRun& run : runs)
            tuned.changes.push_back(
                &run == &runs[i] || !isComparable(run, runs[i])
                    ? Contrast()
                    : difference(logPerplexities({&run}), logPerplexities({&runs[i]})));
        out.push_back(std::move(tuned));
    }
    return out;
}

void addAgainst(const std::vector<std::string>& names, const std::vector<RunDetails>& details,
                Comparison& out) {
    std::vector<StudyRun> runs;
    for (const RunDetails& run : details) runs.push_back(withoutSeed(run));
    for (const Against& against : againstOf(names, runs)) {
        std::vector<std::string> row{against.label};
        for (const Contrast& change : against.changes) row.push_back(changeText(change));
        if (std::all_of(row.begin() + 1, row.end(),
                        [](const std::string& cell) { return cell == "–"; }))
            continue;
        out.figures.rows.push_back(std::move(row));
        for (std::size_t i = 0; i < runs.size(); ++i)
            if (against.changes[i].seeds > 0)
                out.json["runs"][i][against.key] = changeJson(against.changes[i]);
    }
}

Json runJson(const std::string& name, const RunDetails& run) {
    return {{"run", name},
            {"name", run.row.name},
            {"status", runStatusName(run.row.status)},
            {"seed", run.row.seed},
            {"summary", toJson(run.summary)}};
}

/// The runs that no other beats in size and perplexity; none where fewer than two have both.
void addFront(const std::vector<std::string>& names, const std::vector<RunDetails>& runs,
              Comparison& out) {
    std::vector<ParetoPoint> points;
    int known = 0;
    for (const RunDetails& run : runs) {
        points.push_back({valueOrNan(run.summary.mlpRemoved), valueOrNan(run.summary.postKdPpl)});
        known += std::isfinite(points.back().x) && std::isfinite(points.back().y) ? 1 : 0;
    }
    if (known < 2) return;
    for (const std::size_t i : unbeatenPoints(points, false)) out.front.push_back(names[i]);
    out.json["front"] = out.front;
}

/// Runs that were computed in different types differ by rounding too.
void addArithmetic(const std::vector<RunDetails>& runs, Comparison& out) {
    std::vector<std::string> row{"arithmetic"};
    for (const RunDetails& run : runs) row.push_back(recordedArithmetic(run.spec, run.summary));
    if (std::all_of(row.begin() + 1, row.end(),
                    [&](const std::string& one) { return one == row[1]; }))
        return;
    out.json["differences"].push_back(
        {{"field", row.front()}, {"values", std::vector<std::string>(row.begin() + 1, row.end())}});
    out.differences.rows.push_back(std::move(row));
}

}  // namespace

Comparison compareDetails(const std::vector<std::string>& names,
                          const std::vector<RunDetails>& runs) {
    Comparison out{{"Figures", {""}, {}, {}},
                   {"Differences in the specs", {"field"}, {}, {}},
                   {{"runs", Json::array()}, {"differences", Json::array()}},
                   {}};
    std::vector<Json> specs;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        out.figures.header.push_back(names[i]);
        out.differences.header.push_back(names[i]);
        out.json["runs"].push_back(runJson(names[i], runs[i]));
        specs.push_back(runs[i].spec);
    }
    addFigures(runs, out);
    addTasks(runs, out);
    addAgainst(names, runs, out);
    addFront(names, runs, out);
    for (const FieldDifference& field : configDiff(specs)) {
        out.differences.rows.push_back({field.path});
        for (const Json& value : field.values)
            out.differences.rows.back().push_back(shownValue(value));
        out.json["differences"].push_back({{"field", field.path}, {"values", field.values}});
    }
    addArithmetic(runs, out);
    return out;
}

Result<Comparison> compareRuns(const std::vector<std::string>& names,
                               const std::string& workspace) {
    if (names.size() < 2) return fail(ErrorCode::InvalidInput, "give at least two runs to compare");
    std::vector<RunDetails> runs;
    for (const std::string& name : names) {
        SKD_TRY(RunDetails details, find(name, workspace));
        runs.push_back(std::move(details));
    }
    return compareDetails(names, runs);
}

}  // namespace skd
