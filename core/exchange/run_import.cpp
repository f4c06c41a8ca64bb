#include <algorithm>

#include "base/clock.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "exchange/run_archive.h"
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

/// Identity, wholeness and schema of a file somebody else has sent.
Status checkArchive(SQLite::Database& database, const fs::path& file) {
    SKD_CHECK(checkIdentity(database, file));
    const int version = schemaVersion(database), newest = schemaMigrations().back().version;
    if (version > newest) return fail(newerSchema(file, version, newest));
    if (!database.tableExists("archive"))
        return fail(
            ErrorCode::InvalidInput,
            strCat(file.string(), version > 0 ? " is a workspace, not an export of runs; open it "
                                                "with --workspace, or export its runs first"
                                              : " is not an export of runs"));
    // Before anything else: a check of the whole file would run what its schema contains.
    SKD_CHECK(checkSchemaSql(database, file, schemaMigrations(), version));
    SKD_CHECK(checkPlainTable(database, file, "archive", {"version"}));
    SKD_CHECK(
        checkPlainTable(database, file, "archive_files", {"run_id", "name", "bytes", "sha256"}));
    if (database.tableExists("archive_parts"))
        SKD_CHECK(
            checkPlainTable(database, file, "archive_parts", {"run_id", "name", "part", "data"}));
    const std::string found = database.execAndGet("PRAGMA quick_check(1)").getString();
    if (found != "ok")
        return fail(ErrorCode::Corrupt,
                    strCat(file.string(), " is damaged (", found, "); get an intact copy"));
    return {};
}

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

/// A run of the archive.
struct SourceRun {
    RunId id;
    std::string key;
};

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

struct PresentRun {
    RunId run;
    bool takesFiles = false;  ///< it will not write them itself
};
using Present = std::map<std::string, PresentRun>;

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

/// The file's name may be anything; what is restored stays in the folder.
bool isPlainName(const std::string& name) {
    return !name.empty() && fs::path(name).filename() == name && name.front() != '.';
}

struct ArchivedName {
    std::string name, sha256;
};

/// Files that came along with a run. Corrupt for a name that would leave its folder.
Result<std::vector<ArchivedName>> archivedNames(SQLite::Database& database, RunId source) {
    std::vector<ArchivedName> names;
    SQLite::Statement files = query(
        database, "SELECT name, sha256 FROM archive_files WHERE run_id = ? ORDER BY name", source);
    while (files.executeStep()) {
        ArchivedName one;
        readColumns(files, one.name, one.sha256);
        if (!isPlainName(one.name))
            return fail(ErrorCode::Corrupt,
                        strCat("the archive names a file \"", lossyUtf8(one.name.substr(0, 80)),
                               "\", which is no plain name"));
        names.push_back(std::move(one));
    }
    return names;
}

Status restoreFile(SQLite::Database& database, RunId source, const fs::path& target,
                   const std::string& name, const std::string& sha256) {
    SKD_TRY(AtomicFile file, AtomicFile::create(target));
    Sha256 hash;
    SQLite::Statement parts = query(
        database, "SELECT data FROM archive_parts WHERE run_id = ? AND name = ? ORDER BY part",
        source, name);
    while (parts.executeStep()) {
        const SQLite::Column data = parts.getColumn(0);
        hash.update(data.getBlob(), static_cast<std::size_t>(data.getBytes()));
        SKD_CHECK(file.write(data.getBlob(), static_cast<std::size_t>(data.getBytes())));
    }
    if (hash.hex() != sha256)
        return fail(ErrorCode::Corrupt, strCat(name, " of run ", source.value(),
                                               " is damaged in the archive; get an intact copy"));
    return file.commit();
}

/// Files of the archive's runs in a folder of their own, until the runs themselves are there.
class Staging {
public:
    /// What an import that was cut off left there goes.
    explicit Staging(fs::path folder) : m_folder(std::move(folder)) { clear(); }
    ~Staging() { clear(); }
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;

    [[nodiscard]] fs::path of(RunId source) const {
        return m_folder / std::to_string(source.value());
    }

private:
    void clear() const {
        std::error_code ignored;
        fs::remove_all(m_folder, ignored);
    }
    fs::path m_folder;
};

Status checkFileLists(SQLite::Database& from, const fs::path& archive,
                      const std::vector<SourceRun>& sources) {
    SealCheck isSealed(archive);
    for (const SourceRun& source : sources)
        SKD_CHECK(isSealed(from, SealedPart::Files, source.id.value()));
    return {};
}

/// Restores the files of every run that is new, or is here without one of them.
Status stageFiles(SQLite::Database& from, const Staging& staging, const Present& present,
                  const RunPaths& paths, const std::vector<SourceRun>& sources) {
    for (const SourceRun& source : sources) {
        SKD_TRY(const std::vector<ArchivedName> names, archivedNames(from, source.id));
        const auto here = present.find(source.key);
        for (const ArchivedName& file : names) {
            std::error_code ignored;
            const bool needed = here == present.end() ||
                                (here->second.takesFiles &&
                                 !fs::exists(paths.run(here->second.run) / file.name, ignored));
            if (!needed) continue;
            SKD_CHECK(createFolders(staging.of(source.id)));
            SKD_CHECK(restoreFile(from, source.id, staging.of(source.id) / file.name, file.name,
                                  file.sha256));
        }
    }
    return {};
}

/// Gives what was staged to the runs it belongs to; those that got something.
Result<std::vector<RunId>> placeFiles(const Staging& staging, const RunPaths& paths,
                                      const ArchiveImport& taken) {
    std::vector<RunId> runs;
    for (const auto* entries : {&taken.imported, &taken.known})
        for (const ArchiveImport::Entry& entry : *entries) {
            std::error_code ignored;
            if (!fs::is_directory(staging.of(entry.source), ignored)) continue;
            SKD_CHECK(createFolders(paths.run(entry.run)));
            for (const auto& file : fs::directory_iterator(staging.of(entry.source), ignored))
                SKD_CHECK(
                    moveIntoPlace(file.path(), paths.run(entry.run) / file.path().filename()));
            runs.push_back(entry.run);
        }
    return runs;
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
            SKD_CHECK(restoreFile(*from, source, folder / file.name, file.name, file.sha256));
            names.push_back(file.name);
        }
        return names;
    });
}

}  // namespace skd
