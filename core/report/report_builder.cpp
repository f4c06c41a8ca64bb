#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.h"
#include "report/report.h"
#include "report/statistics.h"
#include "spec/config_diff.h"

namespace skd {
namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

/// The different texts that complete runs have for something, joined; "" counts as none.
template <class Text>
std::string distinct(const StudyResults& results, const Text& textOf) {
    std::vector<std::string> seen;
    for (const StudyRun& run : results.runs) {
        const std::string text = run.complete() ? textOf(run) : std::string();
        if (!text.empty() && std::find(seen.begin(), seen.end(), text) == seen.end())
            seen.push_back(text);
    }
    return joined(seen, "; ");
}

std::string shortHash(const std::string& hashes) {
    return hashes.size() == 64 ? hashes.substr(0, 12) : hashes;
}

/// As a run has recorded them; nothing where none has.
CorpusSummary drawnSamples(const StudyResults& results) {
    for (const StudyRun& run : results.runs)
        if (run.summary.corpus) return *run.summary.corpus;
    return {};
}

std::string corpusText(const StudyResults& results) {
    const RunSpec& spec = results.runs.front().spec;
    double total = 0;
    for (const CorpusShare& share : spec.corpus.shares) total += share.weight;
    std::string shares = joined(spec.corpus.shares, ", ", [total](const CorpusShare& share) {
        return strCat(formatNumber(share.weight / total * 100, 2), " % ",
                      share.name.empty() ? share.path : share.name);
    });
    if (!spec.corpus.folder.empty()) shares = "folder " + spec.corpus.folder;
    const CorpusSummary drawn = drawnSamples(results);
    return strCat(
        samplesText(drawn.samples.value_or(samplesOf(spec)),
                    drawn.sequenceLength.value_or(spec.corpus.sequenceLength), drawn.distinct),
        ": ", shares);
}

std::string seedsText(const StudyResults& results) {
    return strCat(results.study.seeds.size(), " (", joined(results.study.seeds), ")");
}

std::string distillText(const RunSpec& spec) {
    const DistillSpec& d = spec.distill;
    if (d.steps == 0) return "none";
    const std::string rate =
        d.learningRate.word() ? d.learningRate.word() : strCat(d.learningRate.valueOr(0));
    const std::string amount = d.budget > 0 ? strCat("a budget of ", groupDigits(d.budget),
                                                     " token-equivalents, steps of ")
                                            : strCat(groupDigits(d.steps), " steps a round of ");
    return strCat(amount, d.batch, " samples; α ", formatNumber(d.alpha, 2), ", T ",
                  formatNumber(d.temperature, 2), ", learning rate ", rate, ", loss ",
                  enumName(d.loss), ", top ", d.topK);
}

Facts factsOf(const StudyResults& results) {
    Facts facts;
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) facts.emplace_back(name, value);
    };
    const RunSpec& spec = results.runs.front().spec;
    add("model", strCat(spec.model.path, ", ", enumName(spec.model.dtype)));
    add("model SHA-256", shortHash(distinct(results, [](const StudyRun& run) {
            const Json sha256 = valueAt(run.environment, "model_sha256");
            return sha256.is_string() ? valueOr(sha256, "") : std::string();
        })));
    add("protocol",
        strCat(enumName(spec.eval.protocol), ": ",
               distinct(results, [](const StudyRun& run) { return run.summary.protocol; })));
    add("evaluation text",
        strCat(spec.eval.text, spec.eval.maxTokens > 0
                                   ? strCat(", first ", groupDigits(spec.eval.maxTokens), " tokens")
                                   : std::string(", whole")));
    add("selection text", strCat(liveSliceName(spec.eval),
                                 spec.eval.selection.empty() ? "" : ", " + spec.eval.selection));
    add("corpus", corpusText(results));
    add("distillation", distillText(spec));
    add("seeds", seedsText(results));
    add("scale", results.study.scale >= 1 ? std::string("1") : strCat(results.study.scale));
    add("threads", distinct(results, [](const StudyRun& run) {
            return run.summary.threads ? std::to_string(*run.summary.threads) : std::string();
        }));
    add("arithmetic",
        distinct(results, [](const StudyRun& run) { return run.summary.arithmetic; }));
    const auto done = std::count_if(results.runs.begin(), results.runs.end(),
                                    [](const StudyRun& run) { return run.complete(); });
    add("runs", strCat(done, " of ", results.runs.size(), " complete"));
    return facts;
}

/// Leaves in which the variants' first runs differ; names and seeds aside.
ReportTable differences(const StudyResults& results) {
    ReportTable table{"What differs between the variants", {"field"}, {}, {}};
    std::vector<Json> specs;
    std::set<std::size_t> seen;
    for (const StudyRun& run : results.runs) {
        if (!seen.insert(run.variantIndex).second) continue;
        specs.push_back(toJson(run.spec));
        table.header.push_back(results.study.variants[run.variantIndex].name);
    }
    for (const FieldDifference& field : configDiff(specs)) {
        if (field.path == "name" || field.path == "seed") continue;
        table.rows.push_back({field.path});
        for (const Json& value : field.values) table.rows.back().push_back(shownValue(value));
    }
    return table;
}

std::string teacherText(const StudyRun& run) {
    const TeacherSummary teacher = run.summary.lineage.teacher.value_or(TeacherSummary{});
    std::string text = teacher.kind;
    if (teacher.run) appendPart(text, strCat("run ", *teacher.run));
    if (text.empty())
        text = run.spec.distill.steps == 0     ? "–"
               : run.spec.teacher.path.empty() ? "its own dense model"
                                               : run.spec.teacher.path;
    if (const double ppl = valueOrNan(teacher.ppl); !std::isnan(ppl))
        text += strCat(" (PPL ", figureText(ppl), ")");
    return text;
}

std::string parentText(const StudyRun& run) {
    const LineageSummary& lineage = run.summary.lineage;
    if (lineage.parentRun.value_or(0) > 0)
        return strCat("run ", *lineage.parentRun,
                      lineage.parentStep ? strCat(", step ", *lineage.parentStep) : "");
    return run.spec.model.path;
}

std::string statusText(const StudyRun& run) {
    const bool said = run.id.value() == 0 || run.error.empty();
    return said ? run.statusName() : strCat(run.statusName(), ": ", run.error);
}

std::string minutes(double seconds) {
    return seconds <= 0 ? "–" : strCat(formatNumber(seconds / 60, 3), " min");
}

ReportTable runsTable(const StudyResults& results) {
    ReportTable table{.title = "Runs",
                      .header = {"run", "variant", "seed", "status", "MLP removed", "dense",
                                 "pre-KD", "final", "teacher", "student starts from", "time"}};
    for (const StudyRun& run : results.runs)
        table.rows.push_back({run.id.value() == 0 ? "–" : std::to_string(run.id.value()),
                              run.variant, std::to_string(run.seed), statusText(run),
                              shareText(valueOrNan(run.summary.mlpRemoved)),
                              figureText(valueOrNan(run.summary.densePpl)),
                              figureText(valueOrNan(run.summary.postPrunePpl)),
                              figureText(run.summary.finalPpl()), teacherText(run), parentText(run),
                              minutes(run.seconds)});
    return table;
}

/// Which text the table is of: the one that choices are made on, as the runs have recorded it;
/// early versions did not.
std::string qualityNote(const StudyResults& results) {
    std::string tokens;
    for (const StudyRun& run : results.runs)
        if (run.summary.quality && run.summary.quality->tokens && tokens.empty())
            tokens = strCat(", ", groupDigits(*run.summary.quality->tokens), " scored tokens");
    std::string text = distinct(results, [](const StudyRun& run) {
        return run.summary.quality ? run.summary.quality->text.value_or("") : std::string();
    });
    if (text.empty()) text = liveSliceName(results.runs.front().spec.eval);
    return strCat("Measured on the ", text, tokens,
                  "; the perplexities of the main table are of the evaluation text.");
}

/// Calibration and agreement of the final models, where they were measured.
ReportTable qualityTable(const StudyResults& results) {
    ReportTable table{
        .title = "Calibration and agreement with the dense model",
        .header = {"variant", "ECE", "Brier", "entropy", "KL to dense", "top-1 agreement"}};
    for (const StudyRun* run : results.firstRuns()) {
        std::vector<std::string> row{run->variant};
        bool any = false;
        for (const auto figure :
             {&QualityFigures::ece, &QualityFigures::brier, &QualityFigures::entropy,
              &QualityFigures::klToDense, &QualityFigures::agreement}) {
            const Statistic s =
                over(results.complete(run->variant), [figure](const RunSummary& summary) {
                    return summary.quality.value_or(QualitySummary{}).final.*figure;
                });
            any = any || s.count > 0;
            row.push_back(figureText(s));
        }
        if (any) table.rows.push_back(std::move(row));
    }
    table.notes.push_back(qualityNote(results));
    return table;
}

ReportTable scaleTable(const StudyResults& results) {
    ReportTable table{.title = "What the scale changed", .header = {"field"}};
    for (const std::string& line : changesByScale(results.study)) table.rows.push_back({line});
    return table;
}

}  // namespace

Report makeReport(const StudyResults& results) {
    Report report;
    report.title = results.study.title.empty() ? results.study.name : results.study.title;
    report.about = results.study.about;
    report.facts = factsOf(results);
    report.warnings = reportWarnings(results);
    report.main = mainTable(results);
    report.criteria = reproductionCriteria(results);
    for (const auto findings :
         {teacherFindings, controlFindings, teacherSwapFindings, domainFindings})
        for (std::string& finding : findings(results))
            report.findings.push_back(std::move(finding));
    for (ReportTable table :
         {elasticTable(results), teacherTable(results), domainsTable(results),
          deviationTable(results), forecastTable(results), controlsTable(results),
          qualityTable(results), tasksTable(results), answersTable(results), differences(results),
          scaleTable(results), runsTable(results)})
        if (!table.rows.empty()) report.tables.push_back(std::move(table));
    if (results.study.table.layout != TableLayout::Consistency)
        if (ReportTable table = consistencyTable(results); !table.rows.empty())
            report.tables.push_back(std::move(table));
    report.figures = reportFigures(results);
    return report;
}

}  // namespace skd
