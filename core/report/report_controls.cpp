#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "report/report.h"
#include "report/row_figures.h"
#include "report/statistics.h"

namespace skd {
namespace {

constexpr double kExplains = 0.9;  ///< share of Dense+KD's gain from which a control explains it

enum class Role { Other, DenseKd, DenseCe, DenseKl, NoWikiText, RandomRank };
/// What each of them omits.
constexpr std::array kOmitted{"",
                              "no pruning",
                              "no pruning, no teacher",
                              "no pruning, no cross-entropy",
                              "no pruning, no WikiText in the corpus",
                              "random ranks, same budget"};

/// What a variant's spec makes of it, whatever it is called.
Role roleOf(const RunSpec& spec) {
    if (spec.control == Control::RandomRank) return Role::RandomRank;
    if (spec.control == Control::NoWikiText)
        return withControl(spec).prune.method == PruneMethod::None && distils(spec)
                   ? Role::NoWikiText
                   : Role::Other;
    switch (armOf(spec)) {
        case Arm::TunedDenseCe:
            return Role::DenseCe;
        case Arm::TunedDenseKd:
            return Role::DenseKd;
        case Arm::TunedDenseKl:
            return Role::DenseKl;
        default:
            return Role::Other;
    }
}

struct ControlFigures {
    Role role = Role::Other;
    std::string variant;
    Statistic removed, dense, pruned, final;
    [[nodiscard]] double gain() const { return dense.mean - final.mean; }
};

/// One entry per variant of the plan, in its order, that has complete runs.
std::vector<ControlFigures> controlsOf(const StudyResults& results) {
    std::vector<ControlFigures> found;
    for (const StudyRun* first : results.firstRuns()) {
        const std::vector<const StudyRun*> runs = results.complete(first->variant);
        if (runs.empty()) continue;
        const bool refused = std::any_of(runs.begin(), runs.end(),
                                         [](const StudyRun* run) { return isContradicted(*run); });
        found.push_back({refused ? Role::Other : roleOf(runs.front()->spec), first->variant,
                         over(runs, &RunSummary::mlpRemoved), over(runs, &RunSummary::densePpl),
                         over(runs, &RunSummary::postPrunePpl), over(runs, &RunSummary::finalPpl)});
    }
    return found;
}

const ControlFigures* find(const std::vector<ControlFigures>& all, Role role) {
    for (const ControlFigures& control : all)
        if (control.role == role) return &control;
    return nullptr;
}

/// "35.97 → 30.33".
std::string gainText(const ControlFigures& control) {
    return strCat(figureText(control.dense.mean), " → ", figureText(control.final));
}

void crossEntropy(const ControlFigures& kd, const ControlFigures* ce,
                  std::vector<std::string>& out) {
    if (ce == nullptr) return;
    const double share = ce->gain() / kd.gain();
    if (ce->final.mean <= kd.final.mean)
        out.push_back(strCat("Dense+CE-only (", gainText(*ce),
                             ") is at least as good as Dense+KD (", gainText(kd),
                             "): cross-entropy on this corpus explains the whole gain; the teacher "
                             "adds nothing to it here."));
    else if (share >= kExplains)
        out.push_back(
            strCat("Dense+CE-only explains Dense+KD's gain: without any teacher it reaches ",
                   shareText(share), " of it (", gainText(*ce), " against ", gainText(kd), ")."));
    else
        out.push_back(strCat("Dense+CE-only does not explain Dense+KD's gain: it reaches ",
                             share < 0 ? std::string("none") : shareText(share), " of it (",
                             gainText(*ce), " against ", gainText(kd), ")."));
}

void divergence(const ControlFigures& kd, const ControlFigures* kl, std::vector<std::string>& out) {
    if (kl == nullptr) return;
    const std::string what =
        kl->gain() < 0 ? strCat("loses ", figureText(-kl->gain()), " of perplexity (",
                                gainText(*kl), ") where Dense+KD gains")
                       : strCat("gains ", figureText(kl->gain()), " of perplexity (", gainText(*kl),
                                "), ", shareText(kl->gain() / kd.gain()), " of Dense+KD's gain");
    out.push_back(strCat("Dense+KD-only (KL without cross-entropy) ", what,
                         "; an identical teacher has no gradient at the start."));
}

void wikiText(const ControlFigures& kd, const ControlFigures* without,
              std::vector<std::string>& out) {
    if (without == nullptr) return;
    const double kept = without->gain() / kd.gain();
    out.push_back(strCat("Without WikiText in the corpus Dense+KD keeps ",
                         kept < 0 ? std::string("none") : shareText(kept), " of its gain (",
                         gainText(*without), " against ", gainText(kd), "); ",
                         kept >= kExplains ? "the gain is not adaptation to text like the test's."
                                           : "the rest is adaptation to text like the test's."));
}

/// The table row that random ranks compare with: the distilled one nearest in what was removed.
void randomRank(const StudyResults& results, const ControlFigures* random,
                std::vector<std::string>& out) {
    if (random == nullptr) return;
    const std::vector<RowFigures> rows = rowFigures(results);
    const RowFigures* nearest = nullptr;
    for (const RowFigures& row : rows)
        if (row.distilled() && row.variant != random->variant)
            if (nearest == nullptr || std::fabs(row.removed.mean - random->removed.mean) <
                                          std::fabs(nearest->removed.mean - random->removed.mean))
                nearest = &row;
    if (nearest == nullptr || std::fabs(nearest->removed.mean - random->removed.mean) > 0.03)
        return;
    out.push_back(
        strCat("Ranks drawn at random within the same budget (", shareText(random->removed.mean),
               "): ", figureText(random->pruned.mean), " before and ", figureText(random->final),
               " after distillation; chosen ranks (", nearest->label,
               "): ", figureText(nearest->pruned.mean), " and ", figureText(nearest->final), "."));
}

}  // namespace

ReportTable controlsTable(const StudyResults& results) {
    ReportTable table{.title = "Controls",
                      .header = {"variant", "what it omits", "dense PPL", "pre-KD PPL", "final PPL",
                                 "vs dense", "seeds"}};
    for (const ControlFigures& control : controlsOf(results)) {
        if (control.role == Role::Other) continue;
        const bool pruned = control.role == Role::RandomRank;
        table.rows.push_back({control.variant, kOmitted[static_cast<std::size_t>(control.role)],
                              figureText(control.dense.mean),
                              pruned ? figureText(control.pruned) : "–", figureText(control.final),
                              changeText(control.final.mean / control.dense.mean - 1),
                              std::to_string(control.final.count)});
    }
    return table;
}

std::vector<std::string> contradictedControls(const StudyResults& results) {
    std::vector<std::string> out;
    for (const StudyRun& run : results.runs)
        if (run.complete() && isContradicted(run))
            out.push_back(strCat(run.variant, " (seed ", run.seed,
                                 ") is a control without pruning, but ",
                                 shareText(valueOrNan(run.summary.mlpRemoved)),
                                 " of the MLP parameters are gone: it is not used as a control."));
    return out;
}

std::vector<std::string> controlFindings(const StudyResults& results) {
    std::vector<std::string> out;
    const std::vector<ControlFigures> all = controlsOf(results);
    const ControlFigures* kd = find(all, Role::DenseKd);
    if (kd != nullptr && !(kd->gain() > 0)) {
        out.push_back(strCat("Dense+KD does not improve on the dense model here (", gainText(*kd),
                             "): there is no gain for the controls to explain."));
    } else if (kd != nullptr) {
        crossEntropy(*kd, find(all, Role::DenseCe), out);
        divergence(*kd, find(all, Role::DenseKl), out);
        wikiText(*kd, find(all, Role::NoWikiText), out);
    }
    randomRank(results, find(all, Role::RandomRank), out);
    return out;
}

std::vector<std::string> teacherSwapFindings(const StudyResults& results) {
    if (results.study.table.layout != TableLayout::TeacherSwap ||
        results.study.table.rows.size() < 2)
        return {};
    std::map<std::int64_t, double> first;
    for (const StudyRun* run : results.complete(results.study.table.rows[0].variant))
        first[run->seed] = run->summary.finalPpl();
    std::vector<double> changes;  // paired by seed
    for (const StudyRun* run : results.complete(results.study.table.rows[1].variant))
        if (first.contains(run->seed))
            changes.push_back(run->summary.finalPpl() / first[run->seed] - 1);
    const Statistic change = summarise(changes);
    if (change.count == 0)
        return {
            "The teacher swap cannot be judged yet: both rows need a complete run of the same "
            "seed."};
    const double error =
        change.count > 1 ? change.deviation / std::sqrt(static_cast<double>(change.count)) : 0;
    const std::string figures = strCat(
        "paired change of the student's perplexity ", changeText(change.mean),
        change.count > 1
            ? strCat(" ± ", shareText(error), " (standard error over ", change.count, " seeds)")
            : " (one seed)");
    const auto paper = [&](std::size_t row) {
        const PaperFigures& known = results.study.table.rows[row].paper;
        const auto figure = known.find("post_kd_ppl");
        return figure != known.end() ? figure->second : std::nan("");
    };
    const double paperChange = paper(1) / paper(0) - 1;
    const std::string paperText =
        std::isnan(paperChange) ? "" : strCat("; the paper reports ", changeText(paperChange));
    constexpr double kNoticeable = 0.005;  // below it, rounding and the order of samples do as much
    if (change.mean < -kNoticeable && -change.mean > error)
        return {strCat("The teacher-swap effect appears: ", figures, paperText, ".")};
    return {strCat("The teacher-swap effect does not appear here: ", figures, paperText, ".")};
}

}  // namespace skd
