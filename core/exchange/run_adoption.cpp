#include "exchange/archive_files.h"
#include "exchange/run_copy.h"
#include "store/migrations.h"
#include "store/run_store.h"
#include "store/run_writer.h"
#include "store/schema_check.h"
#include "store/seal.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

/// What users have added to a run here; it survives what the archive says.
struct OwnAdditions {
    std::string name, notes, tags, color;
    std::int64_t createdMs = 0, deleted = 0, position = 0;
    std::vector<AnnotationRow> marks;
};

OwnAdditions additionsOf(SQLite::Database& database, RunId run) {
    OwnAdditions own;
    SQLite::Statement row = query(
        database,
        "SELECT name, notes, tags, color, created_ms, deleted, queue_position FROM runs WHERE id "
        "= ?",
        run);
    if (row.executeStep())
        readColumns(row, own.name, own.notes, own.tags, own.color, own.createdMs, own.deleted,
                    own.position);
    SQLite::Statement marks = query(
        database, "SELECT metric, step, text, created_ms FROM annotations WHERE run_id = ?", run);
    while (marks.executeStep()) {
        AnnotationRow& mark = own.marks.emplace_back();
        readColumns(marks, mark.metric, mark.step, mark.text, mark.createdMs);
    }
    return own;
}

void putAdditions(SQLite::Database& database, RunId run, const OwnAdditions& own) {
    execute(database,
            "UPDATE runs SET name = ?, notes = ?, tags = ?, color = ?, created_ms = ?, deleted = "
            "?, queue_position = ? WHERE id = ?",
            own.name, own.notes, own.tags, own.color, own.createdMs, own.deleted, own.position,
            run);
    for (const AnnotationRow& mark : own.marks)
        insertRow(database, "annotations(run_id, metric, step, text, created_ms)", run, mark.metric,
                  mark.step, mark.text, mark.createdMs);
}

/// Whether the run is here, and complete.
enum class Place { Empty, Open, Complete };
Result<Place> placeOf(SQLite::Database& database, RunId run, const std::string& specSha256) {
    SQLite::Statement row =
        query(database, "SELECT status, spec_sha256 FROM runs WHERE id = ?", run);
    if (!row.executeStep()) return Place::Empty;
    std::string status, sha256;
    readColumns(row, status, sha256);
    if (sha256 != specSha256)
        return fail(ErrorCode::InvalidInput,
                    strCat("the archive is of another spec than run ", run.value(),
                           "; it belongs to another workspace or study"));
    return status == runStatusName(RunStatus::Completed) ? Place::Complete : Place::Open;
}

Status replaceRun(SQLite::Database& to, SQLite::Database& from, RunId source, RunId run,
                  bool isThere) {
    const OwnAdditions own = additionsOf(to, run);
    execute(to, "DELETE FROM metrics WHERE run_id = ?", run);
    execute(to, "DELETE FROM runs WHERE id = ?", run);
    unsealRun(to, run);
    RunCopier copier(from, to);
    copier.copy(source.value(), run.value());
    if (isThere) putAdditions(to, run, own);
    sealMissing(to);
    return {};
}

/// The one run of an archive of this program's schema.
Result<RunDetails> onlyRunOf(SQLite::Database& database, const fs::path& archive) {
    const int version = schemaVersion(database), newest = schemaMigrations().back().version;
    if (version > newest) return fail(newerSchema(archive, version, newest));
    if (version < newest)
        return fail(ErrorCode::Unsupported,
                    strCat(archive.string(),
                           " is of an earlier version of this program; bring it in with runs "
                           "import"));
    SKD_TRY(const auto store, RunStore::open(archive));
    SKD_TRY(const std::vector<RunRow> rows, store->runs(true));
    if (rows.size() != 1)
        return fail(ErrorCode::InvalidInput,
                    strCat(archive.string(), " holds ", rows.size(),
                           " runs, where one is expected; import it with runs import"));
    SKD_CHECK(store->verify(rows.front().id));
    return store->details(rows.front().id);
}

}  // namespace

Result<bool> adoptRun(RunWriter& owner, const fs::path& workspace, const fs::path& archive,
                      RunId run) {
    SKD_TRY(const ForeignDatabase from, ForeignDatabase::open(archive));
    SKD_CHECK(catchingSqlite("cannot read", archive, [&] { return checkArchive(*from, archive); }));
    SKD_TRY(const RunDetails details, onlyRunOf(*from, archive));
    const RunId source = details.row.id;
    const RunPaths paths = RunPaths::of(workspace);
    const Staging staging(paths.cache / "import");
    const Present here{{"", PresentRun{run, true}}};
    SKD_CHECK(catchingSqlite("cannot read", archive, [&] {
        const Status listed = checkFileLists(*from, archive, {{source, ""}});
        return listed ? stageFiles(*from, staging, here, paths, {{source, ""}}) : listed;
    }));
    SKD_CHECK(placeFiles(staging, paths, {{{source, run, ""}}, {}, {}}));
    bool taken = false;
    SKD_CHECK(owner.transact("cannot adopt a run into", [&](SQLite::Database& to) -> Status {
        SKD_TRY(const Place place, placeOf(to, run, details.specSha256));
        taken = place != Place::Complete;
        return taken ? replaceRun(to, *from, source, run, place == Place::Open) : Status();
    }));
    return taken;
}

}  // namespace skd
