#include "store/run_query.h"

#include "base/json.h"
#include "base/text.h"
#include "store/database.h"

namespace skd {
namespace {

/// SQL of a run's last value of a metric: a run that continues, or was cut off, shows what it has
/// measured so far.
std::string lastValue(const char* metric) {
    return strCat(
        "(SELECT value FROM metrics WHERE run_id = runs.id AND name_id = (SELECT id FROM "
        "metric_names WHERE name = '",
        metric, "') ORDER BY step DESC LIMIT 1)");
}

/// Tags that cannot be read are none: they are not worth losing the run over.
std::vector<std::string> tagsOf(const std::string& json) {
    const auto parsed = parseJson(json);
    std::vector<std::string> tags;
    if (!parsed || !parsed->is_array()) return tags;
    for (const Json& tag : *parsed)
        if (tag.is_string()) tags.push_back(tag.get<std::string>());
    return tags;
}

}  // namespace

std::string selectRuns(int schema, const char* details, const char* condition) {
    const char* membership =
        schema >= kStudySchema
            ? ", coalesce(study_id, 0), coalesce((SELECT name FROM studies "
              "WHERE studies.id = study_id), ''), variant, parent_run, parent_step"
            : ", 0, '', '', 0, 0";
    const char* notes = schema >= kNoteSchema ? ", tags, color" : ", '[]', ''";
    return strCat(
        "SELECT id, name, model, method, status, seed, created_ms, started_ms, finished_ms, "
        "target, coalesce(dense_ppl, ",
        lastValue("ppl.dense"), "), coalesce(post_prune_ppl, ", lastValue("ppl.post_prune"),
        "), coalesce(post_kd_ppl, ", lastValue("ppl.post_kd"),
        "), mlp_removed, parameters_removed, stop_reason, error, notes, deleted", membership, notes,
        details, " FROM runs ", condition);
}

RunRow readRunRow(SQLite::Statement& statement) {
    RunRow row;
    std::string status, tags;
    readColumns(statement, row.id, row.name, row.model, row.method, status, row.seed, row.createdMs,
                row.startedMs, row.finishedMs, row.target, row.densePpl, row.postPrunePpl,
                row.postKdPpl, row.mlpRemoved, row.parametersRemoved, row.stopReason, row.error,
                row.notes, row.deleted, row.study, row.studyName, row.variant, row.parentRun,
                row.parentStep, tags, row.color);
    if (!parseEnum(status, row.status)) row.status = RunStatus::Interrupted;
    row.tags = tagsOf(tags);
    return row;
}

}  // namespace skd
