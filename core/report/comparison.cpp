#include "report/comparison.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "report/statistics.h"
#include "report/study_results.h"
#include "spec/config_diff.h"

namespace skd {
namespace {

struct Figure {
    const char* label;
    const char* path;
    bool share = false;
};

constexpr Figure kFigures[] = {
    {"dense PPL", "dense_ppl"},
    {"pre-KD PPL", "post_prune_ppl"},
    {"post-KD PPL", "post_kd_ppl"},
    {"post-KD standard error", "post_kd_standard_error"},
    {"MLP parameters removed", "mlp_removed", true},
    {"all parameters removed", "parameters_removed", true},
    {"bytes removed", "bytes_removed", true},
    {"parameters", "parameters"},
    {"KD steps", "kd_steps"},
    {"best step", "best_step"},
    {"KD seconds", "kd_seconds"},
    {"ECE", "quality.final.ece"},
    {"Brier", "quality.final.brier"},
    {"entropy", "quality.final.entropy"},
    {"KL to dense", "quality.final.kl_to_dense"},
    {"agreement with dense", "quality.final.agreement"},
    {"protocol", "protocol"},
    {"corpus SHA-256", "corpus_sha256"},
    {"teacher SHA-256", "teacher_sha256"},
    {"threads", "threads"},
    {"arithmetic", "arithmetic"},
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

std::string shown(const Json& value, bool share) {
    if (value.is_string())
        return value.get<std::string>().size() == 64 ? value.get<std::string>().substr(0, 12)
                                                     : value.get<std::string>();
    if (value.is_number_integer()) return groupDigits(value.get<std::int64_t>());
    const double number = numberOf(value);
    return share ? shareText(number) : figureText(number);
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
        bool any = false;
        for (const RunDetails& run : runs)
            any = any || !valueAt(run.summary, figure.path).is_null();
        // A share of bytes lies between 0 and 1; a count of bytes is shown as such.
        if (any)
            row(figure.label, [&](const RunDetails& run) {
                const Json value = valueAt(run.summary, figure.path);
                return shown(value, figure.share && std::fabs(numberOf(value)) <= 1);
            });
    }
}

Json runJson(const std::string& name, const RunDetails& run) {
    return {{"run", name},
            {"name", run.row.name},
            {"status", runStatusName(run.row.status)},
            {"seed", run.row.seed},
            {"summary", run.summary}};
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
                   {{"runs", Json::array()}, {"differences", Json::array()}}};
    std::vector<Json> specs;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        out.figures.header.push_back(names[i]);
        out.differences.header.push_back(names[i]);
        out.json["runs"].push_back(runJson(names[i], runs[i]));
        specs.push_back(runs[i].spec);
    }
    addFigures(runs, out);
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
