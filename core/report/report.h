#pragma once

#include "base/table.h"
#include "report/study_results.h"
#include "report/svg_chart.h"

namespace skd {

using ReportTable = TextTable;

enum class Verdict { Pass, Fail, NotApplicable };
template <>
inline constexpr auto kNames<Verdict> = names<Verdict>({
    {Verdict::Pass, "pass"},
    {Verdict::Fail, "FAIL"},
    {Verdict::NotApplicable, "not applicable"},
});

/// One of the paper's reproduction criteria (section IX.B) with the figures behind the verdict.
struct Criterion {
    std::string name;
    Verdict verdict = Verdict::NotApplicable;
    std::string figures;
    std::string paper;  ///< the same rule on the paper's own figures; empty where there are none
};

struct ReportFigure {
    std::string id;  ///< file name without its ending
    std::string svg;
    ReportTable twin;  ///< the same figures as a table
};

/// A study's report, apart from any format.
struct Report {
    std::string title, about;
    std::vector<std::pair<std::string, std::string>> facts;
    std::vector<std::string> warnings;
    ReportTable main;
    std::vector<Criterion> criteria;
    std::vector<std::string> findings;  ///< what controls and comparisons say, in words
    std::vector<ReportTable> tables;    ///< controls, other variants, lineage, differences, runs
    std::vector<ReportFigure> figures;
};

Report makeReport(const StudyResults& results);

std::string toMarkdown(const Report& report);
/// One self-contained page: inline SVG, light and dark by media query, no scripts; well-formed XML.
std::string toHtml(const Report& report);
/// One row per run with every figure of its summary.
std::string toCsv(const StudyResults& results);
Json toJson(const Report& report, const StudyResults& results);

/// Writes report.md, .html, .csv, .json (and figures/*.svg beside the Markdown) into `folder`;
/// `formats` are of "md", "html", "csv", "json". Returns the files written.
Result<std::vector<std::string>> writeReport(const StudyResults& results,
                                             const std::filesystem::path& folder,
                                             const std::vector<std::string>& formats);

// Parts of makeReport, each in a file of its own.
ReportTable mainTable(const StudyResults& results);
/// Of times, not of perplexities: inference, kernels, speed-ups.
bool isTimedLayout(TableLayout layout);
/// The main table of such a layout, from what its runs have timed (RunSpec::inference).
ReportTable timedTable(const StudyResults& results);
std::vector<Criterion> reproductionCriteria(const StudyResults& results);
ReportTable criteriaTable(const std::vector<Criterion>& criteria);
/// Controls side by side, and what they say about where the gain comes from.
ReportTable controlsTable(const StudyResults& results);
/// Controls whose runs did not do what the control says.
std::vector<std::string> contradictedControls(const StudyResults& results);
std::vector<std::string> controlFindings(const StudyResults& results);
std::vector<std::string> teacherSwapFindings(const StudyResults& results);
/// What the models of each variant's first complete run have answered, side by side.
ReportTable answersTable(const StudyResults& results);
/// Every node of the elastic runs, after the cut and after distillation; no rows without any.
ReportTable elasticTable(const StudyResults& results);
/// Arms on the same cut model side by side, against the one with cross-entropy alone, and a
/// sentence for each cut that says what the teacher adds.
ReportTable teacherTable(const StudyResults& results);
std::vector<std::string> teacherFindings(const StudyResults& results);
/// Held-out domains of every arm; findings: arms that win on WikiText and lose elsewhere.
ReportTable domainsTable(const StudyResults& results);
std::vector<std::string> domainFindings(const StudyResults& results);
/// How far answers to the same prompts differ, of the dense and the final model of each variant; no
/// rows where nothing was asked.
ReportTable consistencyTable(const StudyResults& results);
/// How each complete run's models do on published tasks; no rows where none were asked.
ReportTable tasksTable(const StudyResults& results);
/// The same of one run's last model, as rows of a comparison: "hellaswag acc", and its figure with
/// that of the first model.
std::vector<std::pair<std::string, std::string>> taskFigures(const RunSummary& summary);
/// How far each round's model lies from the original one, after its cut and after distillation, and
/// the same against what was removed; no rows and nothing where no gate has measured.
ReportTable deviationTable(const StudyResults& results);
std::optional<ReportFigure> deviationFigure(const StudyResults& results);
/// Tokens that live curves would take to the dense and the tuned dense model's perplexity.
ReportTable forecastTable(const StudyResults& results);
std::vector<std::string> reportWarnings(const StudyResults& results);
std::vector<ReportFigure> reportFigures(const StudyResults& results);

}  // namespace skd
