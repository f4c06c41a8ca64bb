#include "store/run_queries.h"

#include "base/text.h"

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

}  // namespace skd
