#include "exchange/run_archive.h"

#include <fstream>

#include "base/clock.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "exchange/run_copy.h"
#include "store/migrations.h"
#include "store/seal.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

/// SQLite's rows end at 1 GB.
constexpr std::size_t kPartBytes = 16 << 20;
constexpr const char* kArchiveTables = R"sql(
CREATE TABLE archive(version INTEGER NOT NULL, created_ms INTEGER NOT NULL);
CREATE TABLE archive_files(
    run_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY(run_id, name)
) WITHOUT ROWID;
CREATE TABLE archive_parts(
    run_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    part INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY(run_id, name, part)
);
)sql";

Status addFile(SQLite::Database& database, RunId run, const ArchivedFile& file) {
    std::ifstream in(file.path, std::ios::binary);
    Sha256 hash;
    std::string part(kPartBytes, '\0');
    std::int64_t bytes = 0, number = 0;
    SQLite::Statement insert(
        database, "INSERT INTO archive_parts(run_id, name, part, data) VALUES(?, ?, ?, ?)");
    while (in) {
        in.read(part.data(), static_cast<std::streamsize>(part.size()));
        const auto count = static_cast<std::size_t>(in.gcount());
        if (count == 0) break;
        hash.update(part.data(), count);
        bytes += static_cast<std::int64_t>(count);
        execute(insert, run, file.name, number++, std::span<const char>(part.data(), count));
    }
    if (in.bad() || !in.eof())
        return fail(ErrorCode::Io, strCat("cannot read ", file.path.string()));
    insertRow(database, "archive_files(run_id, name, bytes, sha256)", run, file.name, bytes,
              hash.hex());
    return {};
}

Status fill(const ArchiveRequest& request, SQLite::Database& from, const fs::path& file) {
    SKD_CHECK(migrateFile(file, schemaMigrations()));
    return catchingSqlite("cannot write", file, [&]() -> Status {
        SQLite::Database to(file.string(), SQLite::OPEN_READWRITE);
        to.exec(
            "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
        SQLite::Transaction transaction(to);
        to.exec(kArchiveTables);
        insertRow(to, "archive(version, created_ms)", 1, nowMs());
        SQLite::Transaction snapshot(from);
        RunCopier copier(from, to);
        SealCheck isSealed(request.workspace);
        for (const RunId run : request.runs) {
            SKD_CHECK(isSealed.run(from, run));
            if (copier.copy(run.value(), run.value()) == 0)
                return fail(ErrorCode::NotFound, strCat("there is no run ", run.value(), " in ",
                                                        request.workspace.string()));
            if (const auto files = request.files.find(run.value()); files != request.files.end())
                for (const ArchivedFile& one : files->second) SKD_CHECK(addFile(to, run, one));
            seal(to, SealedPart::Files, run.value());
        }
        copier.linkParents();
        // A run that continues elsewhere is a cut-off one for whoever reads the archive.
        to.exec(
            "UPDATE runs SET status = 'interrupted', stop_reason = 'exported while it went on' "
            "WHERE status IN ('running', 'queued')");
        sealMissing(to);
        transaction.commit();
        return {};
    });
}

}  // namespace

std::string runKey(const RunDetails& details) {
    const RunRow& row = details.row;
    return sha256Hex(strCat("run ", details.specSha256, " ", row.createdMs, " ", row.startedMs, " ",
                            row.seed, " ", row.variant))
        .substr(0, 32);
}

std::string originKey(const RunDetails& details) {
    return valueOr(memberOf(details.environment, "origin"), "key", "");
}

Status writeArchive(const ArchiveRequest& request) {
    if (request.runs.empty()) return fail(ErrorCode::InvalidInput, "no runs are given to export");
    std::error_code error;
    if (fs::exists(request.out, error) && !request.replace)
        return fail(ErrorCode::InvalidInput,
                    strCat(request.out.string(),
                           " exists; name another file or allow it to be replaced (--force)"));
    SKD_TRY(const auto from, openForReading(request.workspace));
    // Columns are those of the newest schema.
    if (const int version = schemaVersion(*from); version != schemaMigrations().back().version)
        return fail(
            version > schemaMigrations().back().version ? ErrorCode::Newer : ErrorCode::Unsupported,
            strCat(request.workspace.string(), " has schema ", version, ", this program writes ",
                   schemaMigrations().back().version,
                   "; open it once for writing with this program to bring it up to date"));
    const fs::path unfinished = request.out.string() + ".tmp";
    removeDatabase(unfinished);
    Status written = fill(request, *from, unfinished);
    if (written) written = moveIntoPlace(unfinished, request.out);
    if (!written) removeDatabase(unfinished);
    return written;
}

}  // namespace skd
