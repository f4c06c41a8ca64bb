#include <algorithm>

#include "base/clock.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "exchange/run_archive.h"
#include "exchange/run_copy.h"
#include "store/migrations.h"
#include "store/run_store.h"
#include "store/run_writer.h"
#include "store/write_connection.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

/// Identity, wholeness and schema of a file somebody else has sent.
Status checkArchive(SQLite::Database& database, const fs::path& file) {
    SKD_CHECK(checkIdentity(database, file));
    const int version = schemaVersion(database), newest = schemaMigrations().back().version;
    if (version > newest) return fail(newerSchema(file, version, newest));
    const std::string found = database.execAndGet("PRAGMA quick_check(1)").getString();
    if (found != "ok")
        return fail(ErrorCode::Corrupt,
                    strCat(file.string(), " is damaged (", found, "); get an intact copy"));
    if (!database.tableExists("archive"))
        return fail(
            ErrorCode::InvalidInput,
            strCat(file.string(), version > 0 ? " is a workspace, not an export of runs; open it "
                                                "with --workspace, or export its runs first"
                                              : " is not an export of runs"));
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
    std::error_code error;
    fs::create_directories(fs::absolute(copy, error).parent_path(), error);
    fs::copy_file(archive, copy, fs::copy_options::overwrite_existing, error);
    if (error) return fail(ioError("cannot copy the archive to", copy, error.value()));
    return migrateFile(copy, schemaMigrations());
}

/// Texts that others will parse, and statuses that are known.
Status checkDocuments(const RunStore& store, const std::vector<RunRow>& rows) {
    for (const RunRow& row : rows) {
        SKD_TRY(const RunDetails details, store.details(row.id));
        if (!details.environment.is_object() || !details.summary.document.is_object())
            return fail(ErrorCode::Corrupt, strCat("run ", row.id.value(),
                                                   ": environment and summary must be objects"));
        SKD_TRY(const std::vector<EventRow> events, store.events(row.id));
    }
    return {};
}

/// Key of a run here: its own, or that of the run it is a copy of.
std::string keyOf(const RunDetails& details) {
    const std::string key = originKey(details);
    return key.empty() ? runKey(details) : key;
}

Result<std::map<std::string, RunId>> keysOf(const RunStore& store) {
    std::map<std::string, RunId> keys;
    SKD_TRY(const std::vector<RunRow> rows, store.runs(true));
    for (const RunRow& row : rows) {
        const auto details = store.details(row.id);
        if (details) keys.emplace(keyOf(*details), row.id);
    }
    return keys;
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
                               const RunStore& archive, const std::map<std::string, RunId>& known) {
    ArchiveImport result;
    SKD_TRY(std::vector<RunRow> rows, archive.runs(true));
    std::reverse(rows.begin(), rows.end());  // parents come before their students
    SKD_CHECK(checkDocuments(archive, rows));
    SQLite::Transaction transaction(to, SQLite::TransactionBehavior::IMMEDIATE);
    RunCopier copier(from, to);
    for (const RunRow& row : rows) {
        SKD_TRY(const RunDetails details, archive.details(row.id));
        const std::string key = keyOf(details);
        if (const auto here = known.find(key); here != known.end()) {
            result.known.push_back({row.id, here->second, row.name});
            copier.know(row.id.value(), here->second.value());
            continue;
        }
        const RunId copy(copier.copy(row.id.value(), {}));
        setOrigin(to, copy, details, key);
        result.imported.push_back({row.id, copy, row.name});
    }
    copier.linkParents();
    transaction.commit();
    return result;
}

/// The file's name may be anything; what is restored stays in the folder.
bool isPlainName(const std::string& name) {
    return !name.empty() && fs::path(name).filename() == name && name.front() != '.';
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

/// `archive` is of the newest schema.
Result<ArchiveImport> importChecked(const fs::path& workspace, const fs::path& archive) {
    SKD_TRY(const auto from, openForReading(archive));
    SKD_TRY(const auto source, RunStore::open(archive));
    {
        SKD_TRY(const auto writer, RunWriter::open(workspace));  // makes it, brings it up to date
    }
    std::error_code ignored;
    const fs::path file = fs::weakly_canonical(fs::absolute(workspace, ignored), ignored);
    SKD_TRY(const Descriptor lock, lockWorkspace(file));
    std::map<std::string, RunId> known;
    {
        SKD_TRY(const auto store, RunStore::open(file));
        SKD_TRY(known, keysOf(*store));
    }
    SKD_TRY(const auto to, openForWriting(file));
    return catchingSqlite("cannot import into", file,
                          [&] { return copyInto(*to, *from, *source, known); });
}

}  // namespace

Result<ArchiveImport> importArchive(const fs::path& workspace, const fs::path& archive) {
    int version = 0;
    {
        SKD_TRY(const auto from, openForReading(archive));
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
    SKD_TRY(const auto from, openForReading(archive));
    return catchingSqlite("cannot read", archive, [&]() -> Result<std::vector<std::string>> {
        std::vector<std::string> names;
        SQLite::Statement files = query(
            *from, "SELECT name, sha256 FROM archive_files WHERE run_id = ? ORDER BY name", source);
        while (files.executeStep()) {
            std::string name, sha256;
            readColumns(files, name, sha256);
            if (!isPlainName(name))
                return fail(ErrorCode::Corrupt,
                            strCat("the archive names a file \"", name.substr(0, 80),
                                   "\", which is no plain name"));
            SKD_CHECK(createFolders(folder));
            SKD_CHECK(restoreFile(*from, source, folder / name, name, sha256));
            names.push_back(std::move(name));
        }
        return names;
    });
}

}  // namespace skd
