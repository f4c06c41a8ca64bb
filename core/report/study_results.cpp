#include "report/study_results.h"

#include <cmath>
#include <set>

#include "base/text.h"
#include "spec/study_scale.h"

namespace skd {
namespace {

/// The recorded run of an entry of the plan: a complete one, else the newest.
const RunDetails* recordOf(const PlannedRun& planned, const std::vector<RunDetails>& recorded) {
    const RunDetails* match = nullptr;
    for (const RunDetails& run : recorded) {
        if (run.row.variant != planned.variant || run.row.seed != planned.seed) continue;
        if (match == nullptr || match->row.status != RunStatus::Completed ||
            run.row.status == RunStatus::Completed)
            match = &run;
    }
    return match;
}

Status fill(const RunStore& store, const RunDetails& record, StudyRun& run) {
    run.id = record.row.id;
    run.status = record.row.status;
    run.error = record.row.error;
    run.summary = record.summary;
    run.environment = record.environment;
    run.seconds = record.row.finishedMs > record.row.startedMs
                      ? static_cast<double>(record.row.finishedMs - record.row.startedMs) / 1000
                      : 0;
    if (auto spec = parseRunSpec(record.spec)) run.spec = std::move(*spec);
    SKD_TRY(run.live, store.series(run.id, "ppl.live"));
    SKD_TRY(const Series dense, store.series(run.id, "ppl.dense_live"));
    if (!dense.values.empty()) run.denseLive = dense.values.back();
    return {};
}

}  // namespace

std::string recordedArithmetic(const Json& spec, const RunSummary& summary) {
    if (!summary.arithmetic.empty()) return summary.arithmetic;
    const Json dtype = valueAt(spec, "model.dtype");
    return dtype.is_string() && dtype != Json(enumName(DTypeChoice::Auto)) ? valueOr(dtype, "")
                                                                           : std::string();
}

std::vector<std::string> changesByScale(StudySpec study) {
    const double scale = std::exchange(study.scale, 1);
    if (scale >= 1) return {};
    const auto plan = planStudy(study);
    if (!plan || plan->runs.empty()) return {};
    return scaleChanges(plan->runs.front().spec, scale);
}

double numberOf(const Json& value) {
    double number = std::nan("");
    readMember(value, number);
    return number;
}

std::vector<const StudyRun*> StudyResults::complete(const std::string& variant) const {
    std::vector<const StudyRun*> found;
    for (const StudyRun& run : runs)
        if (run.complete() &&
            (run.variant == variant || study.variants[run.variantIndex].name == variant))
            found.push_back(&run);
    return found;
}

std::vector<const StudyRun*> StudyResults::firstRuns() const {
    std::vector<const StudyRun*> first;
    std::set<std::string> seen;
    for (const StudyRun& run : runs)
        if (seen.insert(run.variant).second) first.push_back(&run);
    return first;
}

Result<StudyResults> loadStudy(const RunStore& store, StudyId id) {
    SKD_TRY(const StudyRow row, store.study(id));
    auto study = parseStudySpec(row.spec);
    if (!study) return fail(study.error().in(strCat("study ", id.value())));
    SKD_TRY(const StudyPlan plan, planStudy(*study));
    SKD_TRY(const std::vector<RunDetails> recorded, store.studyRuns(id));
    StudyResults results{std::move(*study), id, row.specSha256, {}};
    for (const PlannedRun& planned : plan.runs) {
        StudyRun run{.variant = planned.variant,
                     .variantIndex = planned.variantIndex,
                     .seed = planned.seed,
                     .spec = planned.spec};
        if (const RunDetails* record = recordOf(planned, recorded))
            SKD_CHECK(fill(store, *record, run));
        results.runs.push_back(std::move(run));
    }
    return results;
}

Result<StudyId> findStudy(const RunStore& store, const std::string& nameOrNumber) {
    SKD_TRY(const std::vector<StudyRow> studies, store.studies());
    std::vector<std::string> names;
    for (const StudyRow& study : studies) {
        if (study.name == nameOrNumber || std::to_string(study.id.value()) == nameOrNumber)
            return study.id;
        names.push_back(study.name);
    }
    return fail(ErrorCode::NotFound, strCat("the workspace has no study \"", nameOrNumber, "\"",
                                            didYouMean(nameOrNumber, names)));
}

}  // namespace skd
