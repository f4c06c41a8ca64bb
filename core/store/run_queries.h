#pragma once

#include <string>

/// For the .cpp files of store only, like store/database.h: what a run is read with, and what its
/// digests are taken over (store/seal.h). A reading that is not by one of these is not proven.
namespace skd {

/// Schema that brought studies and lineage.
inline constexpr int kStudySchema = 2;
/// Schema that brought what users add: tags, colours, annotations, measurements, views.
inline constexpr int kNoteSchema = 3;
/// Schema that brought digests.
inline constexpr int kSealSchema = 4;

/// Column of the first of selectRuns' `details`.
inline constexpr int kFirstDetailColumn = 26;
/// The details that are read of a run.
inline constexpr const char* kRunDetails = ", spec, environment, summary, spec_sha256";

/// SELECT of a row of the run list, then of the `details` that follow, with `condition` at its end.
/// A file of an older schema has no studies, or no tags and colours. Perplexities that a run has
/// not got yet are the last that it has measured.
std::string selectRuns(int schema, const char* details, const char* condition);

inline constexpr const char* kSelectMetricNames =
    "SELECT name FROM metric_names WHERE EXISTS(SELECT 1 FROM metrics WHERE run_id = ? AND name_id "
    "= metric_names.id) ORDER BY name";
inline constexpr const char* kSelectSeries =
    "SELECT step, value FROM metrics WHERE run_id = ? AND name_id = (SELECT id FROM metric_names "
    "WHERE name = ?) ORDER BY step";
inline constexpr const char* kSelectMetrics =
    "SELECT name, step, value, time_ms FROM metrics JOIN metric_names ON metric_names.id = name_id "
    "WHERE run_id = ? ORDER BY name, step";
inline constexpr const char* kSelectEvents =
    "SELECT time_ms, kind, data FROM events WHERE run_id = ? ORDER BY id";
inline constexpr const char* kSelectRanks =
    "SELECT matrix, rank FROM ranks WHERE run_id = ? ORDER BY position";
inline constexpr const char* kSelectAnnotations =
    "SELECT id, run_id, metric, step, text, created_ms FROM annotations WHERE run_id = ? ORDER BY "
    "step, id";

}  // namespace skd
