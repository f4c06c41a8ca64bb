#include "requests/export/origin.h"

#include "base/files.h"
#include "base/text.h"
#include "library/run_models.h"
#include "model/files/model_header.h"
#include "spec/model_name.h"
#include "spec/study_spec.h"
#include "store/run_store.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

/// Every text that is an absolute path becomes its last part: records must not carry this machine's
/// folders.
Json withoutPaths(Json json) {
    if (const std::string text = valueOr(json, ""); text.starts_with('/')) return modelName(text);
    if (json.is_structured())
        for (Json& inner : json) inner = withoutPaths(std::move(inner));
    return json;
}

Json withoutFolders(Json lineage) {
    if (valueOr(lineage, "model_path", Json()).is_string())
        lineage["model_path"] = modelName(valueOr(lineage, "model_path", ""));
    if (!valueOr(lineage, "chain", Json()).is_array()) return lineage;
    for (Json& step : lineage["chain"])
        for (const char* key : {"from", "teacher"})
            if (step.contains(key) && step[key].is_string() &&
                !valueOr(step[key], "").starts_with("run:"))
                step[key] = modelName(valueOr(step[key], ""));
    return withoutPaths(std::move(lineage));
}

/// `other` as a baseline of `run`, where it is one.
std::optional<TunedDense> tunedDense(const RunDetails& run, const RunDetails& other) {
    const std::string control = valueOr(valueAt(other.spec, "control"), "");
    const auto textOf = [](const RunDetails& of) {
        return of.summary.evaluation ? of.summary.evaluation->sha256 : "";
    };
    const bool same = other.row.seed == run.row.seed && textOf(other) == textOf(run) &&
                      other.summary.protocol == run.summary.protocol &&
                      valueAt(other.spec, "model.path") == valueAt(run.spec, "model.path");
    if (!control.starts_with("dense") || other.row.status != RunStatus::Completed || !same ||
        !other.summary.postKdPpl)
        return {};
    return TunedDense{other.row.id, control, *other.summary.postKdPpl};
}

/// Spec and figures of a run; a workspace that cannot be read leaves them unknown.
void readRecord(const fs::path& workspace, RunId run, ExportOrigin& origin) {
    const auto store = RunStore::open(workspace);
    const auto details = store ? (*store)->details(run) : Result<RunDetails>(fail(store.error()));
    if (!details) {
        log::warning(strCat("the model card will have no figures: ", details.error().message));
        return;
    }
    origin.spec = withoutPaths(details->spec);
    origin.summary = details->summary;
    if (details->row.study.value() == 0) return;
    const auto runs = (*store)->studyRuns(details->row.study);
    if (!runs)
        return log::warning(
            strCat("the model card will have no tuned dense model: ", runs.error().message));
    for (const RunDetails& other : *runs)
        if (const auto tuned = tunedDense(*details, other)) origin.tunedDense.push_back(*tuned);
}

/// What an earlier export says of itself: its lineage continues.
void readEarlier(ExportOrigin& origin) {
    const auto json = readJsonFile(origin.source / "sparsekd.json");
    if (!json || !json->is_object() || !valueOr(*json, "lineage", Json()).is_object() ||
        !valueOr(*json, "base_model", Json()).is_string())
        return;
    origin.lineage = withoutFolders(memberOf(*json, "lineage"));
    origin.base = valueOr(*json, "base_model", "");
}

/// "-42pc"; of ranks that someone has given "-slice".
std::string sliceName(const SliceRecord& slice) {
    if (slice.byRanks) return "-slice";
    return strCat("-", removedPercent(slice.asked.value_or(slice.largest)), "pc");
}

}  // namespace

Result<ExportOrigin> exportOrigin(const ExportRequest& request, const OpenModel& model) {
    ExportOrigin origin;
    SKD_TRY(const std::optional<RunReference> reference, parseRunReference(request.model.path));
    const std::string path =
        reference ? valueOr(model.about, "model_path", std::string()) : request.model.path;
    SKD_TRY(origin.source, resolveModelPath(path));
    origin.base = modelName(path);
    origin.licence = modelLicence(origin.source);
    origin.name = origin.base;
    if (!reference) {
        readEarlier(origin);
        return origin;
    }
    origin.name += strCat("-run", reference->run.value());
    if (reference->step) origin.name += strCat("-step", *reference->step);
    if (origin.slice = model.slice; origin.slice) origin.name += sliceName(*origin.slice);
    origin.lineage = withoutFolders(model.about);
    readRecord(request.workspace, reference->run, origin);
    return origin;
}

}  // namespace skd
