#include "exchange/archive_files.h"

#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "store/migrations.h"
#include "store/schema_check.h"
#include "store/seal.h"

namespace skd {

namespace fs = std::filesystem;
namespace {

/// The file's name may be anything; what is restored stays in the folder.
bool isPlainName(const std::string& name) {
    return !name.empty() && fs::path(name).filename() == name && name.front() != '.';
}

}  // namespace

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

void Staging::clear() const {
    std::error_code ignored;
    fs::remove_all(m_folder, ignored);
}

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
                   const ArchivedName& wanted) {
    SKD_TRY(AtomicFile file, AtomicFile::create(target));
    Sha256 hash;
    SQLite::Statement parts = query(
        database, "SELECT data FROM archive_parts WHERE run_id = ? AND name = ? ORDER BY part",
        source, wanted.name);
    while (parts.executeStep()) {
        const SQLite::Column data = parts.getColumn(0);
        hash.update(data.getBlob(), static_cast<std::size_t>(data.getBytes()));
        SKD_CHECK(file.write(data.getBlob(), static_cast<std::size_t>(data.getBytes())));
    }
    if (hash.hex() != wanted.sha256)
        return fail(ErrorCode::Corrupt, strCat(wanted.name, " of run ", source.value(),
                                               " is damaged in the archive; get an intact copy"));
    return file.commit();
}

Status checkFileLists(SQLite::Database& from, const fs::path& archive,
                      const std::vector<SourceRun>& sources) {
    SealCheck isSealed(archive);
    for (const SourceRun& source : sources)
        SKD_CHECK(isSealed(from, SealedPart::Files, source.id.value()));
    return {};
}

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
            SKD_CHECK(restoreFile(from, source.id, staging.of(source.id) / file.name, file));
        }
    }
    return {};
}

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

}  // namespace skd
