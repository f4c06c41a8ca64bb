#include <algorithm>

#include "base/clock.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "exchange/archive_files.h"
#include "exchange/run_copy.h"
#include "store/migrations.h"
#include "store/run_paths.h"
#include "store/run_store.h"
#include "store/run_writer.h"
#include "store/schema_check.h"
#include "store/seal.h"
#include "store/workspace_lock.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

/// A database file that goes with all that a migration leaves beside it.
struct Scratch {
    fs::path file;
    ~Scratch() {
        removeDatabase(file);
        std::error_code ignored;
        for (const Migration& step : schemaMigrations())
            fs::remove(strCat(file.string(), ".v", step.version, ".backup"), ignored);
    }
};

/// Makes `copy` of an older archive, brought up to date.
Status copyUpToDate(const fs::path& archive, const fs::path& copy) {
    removeDatabase(copy);  // a link of that name must not lead elsewhere
    std::error_code error;
    fs::create_directories(fs::absolute(copy, error).parent_path(), error);
    fs::copy_file(archive, copy, fs::copy_options::overwrite_existing, error);
    if (error) return fail(ioError("cannot copy the archive to", copy, error.value()));
    return migrateFile(copy, schemaMigrations());
}

/// Key of a run here: its own, or that of the run it is a copy of.
std::string keyOf(const RunDetails& details) {
    const std::string key = originKey(details);
    return key.empty() ? runKey(details) : key;
}

/// The archive's runs, parents before their students. Corrupt where something is not what was
/// exported, or a text that others will parse cannot be parsed.
Result<std::vector<SourceRun>> sourcesOf(const RunStore& archive) {
    std::vector<SourceRun> sources;
    SKD_TRY(std::vector<RunRow> rows, archive.runs(true));
    std::reverse(rows.begin(), rows.end());
    for (const RunRow& row : rows) {
        SKD_CHECK(archive.verify(row.id));
        SKD_TRY(const RunDetails details, archive.details(row.id));
        if (!details.environment.is_object() || !details.summary.document.is_object())
            return fail(ErrorCode::Corrupt, strCat("run ", row.id.value(),
                                                   ": environment and summary must be objects"));
        SKD_TRY(const std::vector<EventRow> events, archive.events(row.id));
        if (const auto analysis = archive.analysis(row.id);
            !analysis && analysis.error().code != ErrorCode::NotFound)
            return fail(analysis.error());
        sources.push_back({row.id, keyOf(details)});
    }
    return sources;
}

Result<Present> runsHere(const RunStore& store) {
    Present present;
    SKD_TRY(const std::vector<RunRow> rows, store.runs(true));
    for (const RunRow& row : rows) {
        const auto details = store.details(row.id);
        if (!details) continue;
        const bool continues = row.status == RunStatus::Queued ||
                               row.status == RunStatus::Running ||
                               row.status == RunStatus::Interrupted;
        present.emplace(keyOf(*details),
                        PresentRun{row.id, !continues || !originKey(*details).empty()});
    }
    return present;
}

void setOrigin(SQLite::Database& database, RunId copy, const RunDetails& source,
               const std::string& key) {
    Json environment = source.environment;
    if (!environment.contains("origin"))
        environment["origin"] = {
            {"key", key}, {"run", source.row.id.value()}, {"imported_ms", nowMs()}};
    execute(
        database,
        "UPDATE runs SET environment = ?, deleted = 0, status = CASE WHEN status IN ('running', "
        "'queued') THEN 'interrupted' ELSE status END WHERE id = ?",
        dumpJson(environment), copy);
}

Result<ArchiveImport> copyInto(SQLite::Database& to, SQLite::Database& from,
                               const RunStore& archive, const std::vector<SourceRun>& sources,
                               const Present& present) {
    ArchiveImport result;
    SQLite::Transaction transaction(to, SQLite::TransactionBehavior::IMMEDIATE);
    RunCopier copier(from, to);
    for (const SourceRun& source : sources) {
        SKD_TRY(const RunDetails details, archive.details(source.id));
        if (const auto here = present.find(source.key); here != present.end()) {
            result.known.push_back({source.id, here->second.run, details.row.name});
            copier.know(source.id.value(), here->second.run.value());
            continue;
        }
        const RunId copy(copier.copy(source.id.value(), {}));
        setOrigin(to, copy, details, source.key);
        result.imported.push_back({source.id, copy, details.row.name});
    }
    copier.linkParents();
    sealMissing(to);
    transaction.commit();
    return result;
}

/// `archive` is of the newest schema.
Result<ArchiveImport> importChecked(const fs::path& workspace, const fs::path& archive) {
    SKD_TRY(const ForeignDatabase from, ForeignDatabase::open(archive));
    SKD_TRY(const auto source, RunStore::open(archive));
    {
        SKD_TRY(const auto writer, RunWriter::open(workspace));  // makes it, brings it up to date
    }
    SKD_TRY(const std::vector<SourceRun> sources, sourcesOf(*source));
    std::error_code ignored;
    const fs::path file = fs::weakly_canonical(fs::absolute(workspace, ignored), ignored);
    SKD_TRY(const WorkspaceLock lock, WorkspaceLock::take(file));
    Present present;
    {
        SKD_TRY(const auto store, RunStore::open(file));
        SKD_TRY(present, runsHere(*store));
    }
    const RunPaths paths = RunPaths::of(workspace);
    const Staging staging(paths.cache / "import");
    SKD_CHECK(catchingSqlite("cannot read", archive, [&] {
        const Status listed = checkFileLists(*from, archive, sources);
        return listed ? stageFiles(*from, staging, present, paths, sources) : listed;
    }));
    return catchingSqlite("cannot import into", file, [&]() -> Result<ArchiveImport> {
        SKD_TRY(const auto to, openForWriting(file));
        SKD_TRY(ArchiveImport taken, copyInto(*to, *from, *source, sources, present));
        SKD_TRY(taken.weights, placeFiles(staging, paths, taken));
        return taken;
    });
}

}  // namespace

Result<ArchiveImport> importArchive(const fs::path& workspace, const fs::path& archive) {
    int version = 0;
    {
        SKD_TRY(const ForeignDatabase from, ForeignDatabase::open(archive));
        SKD_CHECK(
            catchingSqlite("cannot read", archive, [&] { return checkArchive(*from, archive); }));
        version = schemaVersion(*from);
    }
    if (version == schemaMigrations().back().version) return importChecked(workspace, archive);
    const Scratch copy{workspace.string() + ".import"};
    SKD_CHECK(copyUpToDate(archive, copy.file));
    return importChecked(workspace, copy.file);
}

Result<std::vector<std::string>> restoreFiles(const fs::path& archive, RunId source,
                                              const fs::path& folder) {
    SKD_TRY(const ForeignDatabase from, ForeignDatabase::open(archive));
    return catchingSqlite("cannot read", archive, [&]() -> Result<std::vector<std::string>> {
        std::vector<std::string> names;
        SKD_CHECK(SealCheck(archive)(*from, SealedPart::Files, source.value()));
        SKD_TRY(const std::vector<ArchivedName> files, archivedNames(*from, source));
        for (const ArchivedName& file : files) {
            SKD_CHECK(createFolders(folder));
            SKD_CHECK(restoreFile(*from, source, folder / file.name, file));
            names.push_back(file.name);
        }
        return names;
    });
}

}  // namespace skd
