#include <array>

#include "store/migrations.h"

namespace skd {
namespace {

// Perplexities, shares and metric values are NULL where they are NaN. Metrics lie in the order in
// which a series is read; a value written again for the same step replaces the older one.
constexpr const char* kFirstSchema = R"sql(
CREATE TABLE blobs(
    id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    data BLOB NOT NULL
);
CREATE TABLE analyses(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256 TEXT NOT NULL UNIQUE,
    created_ms INTEGER NOT NULL,
    document TEXT NOT NULL,
    blob_id INTEGER NOT NULL REFERENCES blobs(id)
);
CREATE INDEX analyses_by_blob ON analyses(blob_id);
CREATE TABLE runs(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    model TEXT NOT NULL,
    method TEXT NOT NULL,
    status TEXT NOT NULL,
    seed INTEGER NOT NULL,
    target REAL,
    created_ms INTEGER NOT NULL,
    started_ms INTEGER NOT NULL DEFAULT 0,
    finished_ms INTEGER NOT NULL DEFAULT 0,
    dense_ppl REAL,
    post_prune_ppl REAL,
    post_kd_ppl REAL,
    mlp_removed REAL,
    parameters_removed REAL,
    stop_reason TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    notes TEXT NOT NULL DEFAULT '',
    deleted INTEGER NOT NULL DEFAULT 0,
    spec TEXT NOT NULL,
    spec_sha256 TEXT NOT NULL,
    environment TEXT NOT NULL DEFAULT '{}',
    summary TEXT NOT NULL DEFAULT '{}',
    analysis_id INTEGER REFERENCES analyses(id)
);
CREATE INDEX runs_by_analysis ON runs(analysis_id);
CREATE TABLE metric_names(
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
CREATE TABLE metrics(
    run_id INTEGER NOT NULL,
    name_id INTEGER NOT NULL,
    step INTEGER NOT NULL,
    value REAL,
    time_ms INTEGER NOT NULL,
    PRIMARY KEY(run_id, name_id, step)
) WITHOUT ROWID;
CREATE TABLE events(
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
    time_ms INTEGER NOT NULL,
    step INTEGER,
    kind TEXT NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX events_by_run ON events(run_id);
CREATE TABLE ranks(
    run_id INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    matrix TEXT NOT NULL,
    rank INTEGER NOT NULL,
    PRIMARY KEY(run_id, position)
) WITHOUT ROWID;
)sql";

// A study is found again by its name and the hash of what it computes; a run without one has NULL.
constexpr const char* kStudies = R"sql(
CREATE TABLE studies(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    spec TEXT NOT NULL,
    spec_sha256 TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    UNIQUE(name, spec_sha256)
);
ALTER TABLE runs ADD COLUMN study_id INTEGER REFERENCES studies(id);
ALTER TABLE runs ADD COLUMN variant TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN parent_run INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN parent_step INTEGER NOT NULL DEFAULT 0;
CREATE INDEX runs_by_study ON runs(study_id);
)sql";

// What users add to runs. Tags are a JSON list; a colour is "#rrggbb" or "" for the palette's own.
// Measurements are documents of a kind ("profile", "benchmark"); views are what a presenter steps
// through.
constexpr const char* kNotes = R"sql(
ALTER TABLE runs ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE runs ADD COLUMN color TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN queue_position INTEGER NOT NULL DEFAULT 0;
CREATE TABLE annotations(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
    metric TEXT NOT NULL,
    step INTEGER NOT NULL,
    text TEXT NOT NULL,
    created_ms INTEGER NOT NULL
);
CREATE INDEX annotations_by_run ON annotations(run_id);
CREATE TABLE measurements(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX measurements_by_kind ON measurements(kind);
CREATE TABLE views(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    page TEXT NOT NULL,
    document TEXT NOT NULL,
    created_ms INTEGER NOT NULL
);
)sql";

// Digests of what is not being written now (store/seal.h); they are filled in by whoever opens the
// file for writing.
constexpr const char* kSeals = R"sql(
CREATE TABLE seals(
    part TEXT NOT NULL,
    id INTEGER NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY(part, id)
) WITHOUT ROWID;
)sql";

constexpr std::array kMigrations{
    Migration{1, "runs, metrics, events, ranks, analyses", kFirstSchema},
    Migration{2, "studies and lineage", kStudies},
    Migration{3, "queue, tags, colours, annotations, measurements, views", kNotes},
    Migration{4, "digests", kSeals},
};

}  // namespace

std::span<const Migration> schemaMigrations() {
    return kMigrations;
}

}  // namespace skd
