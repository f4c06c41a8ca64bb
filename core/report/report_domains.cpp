#include <algorithm>

#include "base/text.h"
#include "report/report.h"
#include "report/study_arms.h"

namespace skd {
namespace {

constexpr double kLoses = 0.02;  ///< worse by more than this on other text than WikiText

const DomainSummary* findDomain(const StudyRun& run, const std::string& name) {
    for (const DomainSummary& domain : run.summary.domains)
        if (domain.name == name) return &domain;
    return nullptr;
}

/// Logarithms of a domain's perplexities, after distillation or of the dense model.
std::vector<Measured> domainLosses(const std::vector<const StudyRun*>& runs,
                                   const std::string& name, bool dense) {
    std::vector<Measured> out;
    for (const StudyRun* run : runs) {
        const DomainSummary* domain = findDomain(*run, name);
        if (domain == nullptr) continue;
        const double ppl = valueOrNan(dense ? domain->densePpl : domain->postKdPpl);
        if (std::isfinite(ppl))
            out.push_back(
                {run->seed, std::log(ppl), dense ? &domain->denseBlocks : &domain->postKdBlocks});
    }
    return out;
}

/// What an arm is held against: the dense model in the same runs, or another arm.
struct DomainReference {
    std::string name;
    const std::vector<const StudyRun*>* runs = nullptr;
    bool dense = false;

    [[nodiscard]] Contrast onText(const std::vector<const StudyRun*>& arm) const {
        return difference(logPerplexities(arm),
                          dense ? denseLogPerplexities(*runs) : logPerplexities(*runs));
    }
    [[nodiscard]] Contrast onDomain(const std::vector<const StudyRun*>& arm,
                                    const std::string& domain) const {
        return difference(domainLosses(arm, domain, false), domainLosses(*runs, domain, dense));
    }
};

/// The dense model, the tuned dense one, and the plan's first arm on a cut model at the same
/// budget.
std::vector<DomainReference> referencesOf(const ArmRuns& arm, const std::vector<ArmRuns>& arms) {
    std::vector<DomainReference> references{{"dense", &arm.runs, true}};
    if (const ChosenArm tuned = tunedDense(arms, arm.spec(), arm.budget);
        tuned && tuned.arm != &arm)
        references.push_back({"tuned dense", &tuned.arm->runs, false});
    for (const ArmRuns& first : arms) {
        if (first.arm == Arm::Other || isTunedDense(first.arm) || !first.budget.equals(arm.budget))
            continue;
        if (&first != &arm && !isTunedDense(arm.arm))
            references.push_back({first.variant, &first.runs, false});
        break;
    }
    return references;
}

bool isWikiText(const std::string& name) {
    return lower(name).find("wikitext") != std::string::npos;
}

/// Where an arm is better than the reference on WikiText and worse on this domain.
std::string domainFlag(const ArmRuns& arm, const std::string& domain,
                       const std::vector<DomainReference>& references) {
    std::string out;
    if (isWikiText(domain) || !isWikiText(arm.spec().eval.text)) return out;
    for (const DomainReference& reference : references) {
        const Contrast text = reference.onText(arm.runs),
                       here = reference.onDomain(arm.runs, domain);
        if (text.mean < 0 && std::expm1(here.mean) > kLoses)
            appendPart(
                out,
                strCat("against ", reference.name, " it wins on WikiText by ",
                       shareText(-std::expm1(text.mean)), ", loses on ", domain, " by ",
                       shareText(std::expm1(here.mean)),
                       here.hasInterval()
                           ? strCat(" ± ", shareText(std::exp(here.mean) * here.standardError()))
                           : std::string()),
                "; ");
    }
    return out;
}

struct DomainRow {
    const ArmRuns* arm = nullptr;
    std::string domain, flag;
    Contrast againstDense, againstTuned;
};

std::vector<DomainRow> domainRows(const std::vector<ArmRuns>& arms) {
    std::vector<DomainRow> rows;
    for (const ArmRuns& arm : arms) {
        const std::vector<DomainReference> references = referencesOf(arm, arms);
        for (const DomainSummary& domain : arm.runs.front()->summary.domains) {
            DomainRow row{&arm, domain.name, domainFlag(arm, domain.name, references), {}, {}};
            row.againstDense = references[0].onDomain(arm.runs, domain.name);
            if (references.size() > 1 && references[1].name == "tuned dense")
                row.againstTuned = references[1].onDomain(arm.runs, domain.name);
            rows.push_back(std::move(row));
        }
    }
    return rows;
}

/// Text that is the same for every seed has one figure, without a deviation.
std::string domainText(const DomainRow& row, std::optional<double> DomainSummary::*ppl) {
    const Statistic statistic = over(row.arm->runs, [&](const StudyRun& run) {
        const DomainSummary* domain = findDomain(run, row.domain);
        return domain == nullptr ? std::nullopt : domain->*ppl;
    });
    return statistic.deviation > 0 ? figureText(statistic) : figureText(statistic.mean);
}

}  // namespace

ReportTable domainsTable(const StudyResults& results) {
    ReportTable table{.title = "Held-out domains",
                      .header = {"variant", "domain", "dense", "pre-KD", "post-KD", "vs dense",
                                 "vs tuned dense", "flag"}};
    const std::vector<ArmRuns> arms = armsOf(results);
    for (const DomainRow& row : domainRows(arms))
        table.rows.push_back({row.arm->variant, row.domain.empty() ? "–" : row.domain,
                              domainText(row, &DomainSummary::densePpl),
                              domainText(row, &DomainSummary::postPrunePpl),
                              domainText(row, &DomainSummary::postKdPpl),
                              changeText(row.againstDense), changeText(row.againstTuned),
                              row.flag.empty() ? "–" : row.flag});
    table.notes.push_back(strCat(
        "Text that no corpus draws. Flagged is an arm that wins on WikiText and loses here by "
        "more than ",
        std::llround(kLoses * 100),
        " %, ± one standard error. Behind a perplexity ± is the deviation between seeds; "
        "brackets hold 95 % intervals."));
    return table;
}

std::vector<std::string> domainFindings(const StudyResults& results) {
    std::vector<std::string> out;
    const std::vector<ArmRuns> arms = armsOf(results);
    for (const DomainRow& row : domainRows(arms))
        if (!row.flag.empty()) out.push_back(strCat(row.arm->variant, ": ", row.flag, "."));
    return out;
}

}  // namespace skd
