#include <algorithm>

#include "base/text.h"
#include "report/report.h"
#include "report/study_arms.h"

namespace skd {
namespace {

/// Arms that train the same cut model: by cross-entropy alone and with a teacher.
struct TeacherGroup {
    std::vector<const ArmRuns*> arms;
};

bool isOfCutModel(const ArmRuns& arm) {
    return arm.arm != Arm::Other && !isTunedDense(arm.arm);
}

/// Only groups with both kinds.
std::vector<TeacherGroup> teacherGroups(const std::vector<ArmRuns>& arms) {
    std::vector<TeacherGroup> groups;
    for (const ArmRuns& arm : arms) {
        if (!isOfCutModel(arm)) continue;
        auto group = std::find_if(groups.begin(), groups.end(), [&](const TeacherGroup& g) {
            return g.arms.front()->cut == arm.cut;
        });
        if (group == groups.end()) group = groups.insert(groups.end(), TeacherGroup{});
        group->arms.push_back(&arm);
    }
    std::erase_if(groups, [](const TeacherGroup& group) {
        const auto alone =
            std::count_if(group.arms.begin(), group.arms.end(),
                          [](const ArmRuns* arm) { return arm->arm == Arm::PrunedCe; });
        return alone == 0 || alone == static_cast<std::ptrdiff_t>(group.arms.size());
    });
    return groups;
}

/// What an arm has beyond cross-entropy alone.
struct TeacherEffect {
    const ArmRuns* arm = nullptr;
    ChosenArm alone;
    Contrast perplexity, kl, agreement;
};

TeacherEffect effectOf(const ArmRuns& arm, const std::vector<ArmRuns>& arms) {
    TeacherEffect effect{.arm = &arm};
    if (arm.arm == Arm::PrunedCe) return effect;
    effect.alone = crossEntropyAlone(arms, arm);
    const std::vector<const StudyRun*>& other = effect.alone.arm->runs;
    effect.perplexity = difference(logPerplexities(arm.runs), logPerplexities(other));
    effect.kl = difference(divergences(arm.runs), divergences(other));
    effect.agreement = difference(agreements(arm.runs), agreements(other));
    return effect;
}

std::vector<std::string> effectRow(const TeacherEffect& effect) {
    const ArmRuns& arm = *effect.arm;
    return {shareText(over(arm.runs, &RunSummary::mlpRemoved).mean),
            arm.variant,
            armText(arm.arm),
            arm.budget.text(),
            perplexityText(estimate(logPerplexities(arm.runs))),
            figureText(estimate(divergences(arm.runs))),
            shareText(estimate(agreements(arm.runs))),
            changeText(effect.perplexity),
            signedText(effect.kl),
            pointsText(effect.agreement),
            std::to_string(arm.runs.size())};
}

enum class Difference { Unknown, None, Better, Worse };

/// `better` is the sign of an improvement.
Difference judge(const Contrast& contrast, int better) {
    if (!contrast.hasInterval()) return Difference::Unknown;
    if (!contrast.isClear()) return Difference::None;
    return contrast.mean * better > 0 ? Difference::Better : Difference::Worse;
}

const char* differenceText(Difference difference) {
    constexpr std::array kWords{"spread unknown", "within two standard errors",
                                "better by more than two standard errors",
                                "worse by more than two standard errors"};
    return kWords[static_cast<std::size_t>(difference)];
}

const char* verdictText(Difference perplexity, Difference kl, Difference agreement) {
    const bool closer = kl == Difference::Better || agreement == Difference::Better;
    if (perplexity == Difference::Better) return "The teacher adds something to the cut model";
    if (perplexity == Difference::Unknown)
        return "What the teacher adds to the cut model cannot be told yet";
    if (perplexity == Difference::Worse)
        return closer ? "The teacher costs the cut model perplexity but brings it closer to the "
                        "dense model"
                      : "The teacher costs the cut model perplexity";
    return closer ? "The teacher adds nothing to the cut model's perplexity beyond two standard "
                    "errors, but brings it closer to the dense model"
                  : "The teacher adds nothing to the cut model beyond two standard errors";
}

/// The sentence of a group: its KD + CE arm, or what it has in its place, against CE alone.
std::string teacherHeadline(const TeacherGroup& group, const std::vector<ArmRuns>& arms) {
    std::vector<const ArmRuns*> candidates;
    for (const Arm kind : {Arm::PrunedKd, Arm::PrunedKl, Arm::PrunedSampled, Arm::PrunedCorrected})
        for (const ArmRuns* arm : group.arms)
            if (arm->arm == kind && (candidates.empty() || candidates.front()->arm == kind))
                candidates.push_back(arm);
    const ArmRuns& arm = *chooseArm(candidates, candidates.front()->budget).arm;
    const TeacherEffect effect = effectOf(arm, arms);
    const std::vector<const StudyRun*>& alone = effect.alone.arm->runs;
    const Difference perplexity = judge(effect.perplexity, -1), kl = judge(effect.kl, -1),
                     agreement = judge(effect.agreement, 1);
    const auto part = [](const char* figure, const std::string& own, const std::string& other,
                         const std::string& change, Difference difference) {
        return strCat(figure, " ", own, " against ", other, ", ", change, ", ",
                      differenceText(difference));
    };
    const auto ppl = [](const std::vector<const StudyRun*>& runs) {
        return figureText(std::exp(estimate(logPerplexities(runs)).mean));
    };
    std::string text = strCat(
        verdictText(perplexity, kl, agreement), " (",
        shareText(over(arm.runs, &RunSummary::mlpRemoved).mean), " removed, ", arm.budget.text(),
        "): ",
        part("perplexity", ppl(arm.runs), ppl(alone), changeText(effect.perplexity), perplexity));
    if (effect.kl.seeds > 0)
        text += strCat(
            "; ", part("KL to dense", figureText(estimate(divergences(arm.runs)).mean),
                       figureText(estimate(divergences(alone)).mean), signedText(effect.kl), kl));
    if (effect.agreement.seeds > 0)
        text += strCat("; ", part("top-1 agreement", shareText(estimate(agreements(arm.runs)).mean),
                                  shareText(estimate(agreements(alone)).mean),
                                  pointsText(effect.agreement), agreement));
    text += strCat(" (", arm.variant, " against ", effect.alone.arm->variant, ", ",
                   effect.perplexity.seeds, effect.perplexity.seeds == 1 ? " seed" : " seeds");
    if (!effect.alone.arm->budget.equals(arm.budget))
        text += strCat("; budgets differ: ", effect.alone.arm->budget.text());
    return text + ").";
}

}  // namespace

ReportTable teacherTable(const StudyResults& results) {
    ReportTable table{.title = "What the teacher adds",
                      .header = {"MLP removed", "variant", "trained by", "budget", "PPL",
                                 "KL to dense", "top-1 agreement", "PPL vs CE only",
                                 "KL vs CE only", "agreement vs CE only", "seeds"}};
    const std::vector<ArmRuns> arms = armsOf(results);
    for (const TeacherGroup& group : teacherGroups(arms))
        for (const ArmRuns* arm : group.arms) table.rows.push_back(effectRow(effectOf(*arm, arms)));
    table.notes.push_back(
        "In brackets the 95 % interval, from the scatter between seeds (Student's t) and between "
        "blocks of text, as far as a run has kept them. Differences are paired by seed and by "
        "block. Of several arms with CE only the best one by its live curve is the reference.");
    return table;
}

std::vector<std::string> teacherFindings(const StudyResults& results) {
    const std::vector<ArmRuns> arms = armsOf(results);
    std::vector<std::string> out;
    for (const TeacherGroup& group : teacherGroups(arms))
        out.push_back(teacherHeadline(group, arms));
    const bool taught = std::any_of(arms.begin(), arms.end(), [](const ArmRuns& arm) {
        return isOfCutModel(arm) && arm.arm != Arm::PrunedCe;
    });
    if (out.empty() && taught)
        out.push_back(
            "What the teacher adds to the cut model is not known: no arm trains the same cut model "
            "by cross-entropy alone (distill.alpha 0).");
    return out;
}

}  // namespace skd
