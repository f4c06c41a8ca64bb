#include "store/database.h"

#include <sqlite3.h>

#include <chrono>

namespace skd {
namespace {

constexpr int kWriterBusyMs = 10'000;
constexpr int kReaderBusyMs = 2000;  // a window waits for it

struct KnownError {
    int code;
    ErrorCode kind;
    const char* advice;
};
constexpr const char* kHeld = "; another program holds the file, close it there";
constexpr const char* kForbidden = "; check the permissions or choose another folder";
constexpr KnownError kKnownErrors[] = {
    {SQLITE_FULL, ErrorCode::NoSpace, "; free some space and try again"},
    {SQLITE_BUSY, ErrorCode::Busy, kHeld},
    {SQLITE_LOCKED, ErrorCode::Busy, kHeld},
    {SQLITE_READONLY, ErrorCode::Io, kForbidden},
    {SQLITE_PERM, ErrorCode::Io, kForbidden},
    {SQLITE_AUTH, ErrorCode::Io, kForbidden},
    {SQLITE_CANTOPEN, ErrorCode::Io, kForbidden},
    {SQLITE_NOTADB, ErrorCode::Corrupt,
     "; choose a workspace file, or another name to begin a new one"},
    {SQLITE_CORRUPT, ErrorCode::Corrupt,
     "; restore it from a backup, or save what can be read with 'sqlite3 FILE .recover'"},
    {SQLITE_IOERR, ErrorCode::Io, "; check the disk and its free space"},
    {SQLITE_NOMEM, ErrorCode::OutOfMemory, ""},
    {SQLITE_INTERRUPT, ErrorCode::Corrupt,
     "; reading it takes far more work than a file of its size can need"},
};

/// What a file's own schema contains is not run: it may come from somebody else. No view and no
/// trigger belongs to a workspace.
void distrustSchema(SQLite::Database& database) {
    for (const int option : {SQLITE_DBCONFIG_TRUSTED_SCHEMA, SQLITE_DBCONFIG_ENABLE_VIEW,
                             SQLITE_DBCONFIG_ENABLE_TRIGGER})
        sqlite3_db_config(database.getHandle(), option, 0, nullptr);
}

/// A connection that closes must not checkpoint: only the writer does.
void neverCheckpoint(SQLite::Database& database) {
    sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    database.exec("PRAGMA wal_autocheckpoint = 0");
}

/// "file:" URI of a path, with what has a meaning in URIs escaped: two slashes at its begin would
/// be those of a host.
std::string immutableUri(const std::filesystem::path& path) {
    std::string escaped = path.string();
    while (escaped.starts_with("//")) escaped.erase(0, 1);
    replaceAll(escaped, "%", "%25");
    replaceAll(escaped, "?", "%3F");
    replaceAll(escaped, "#", "%23");
    return strCat("file:", escaped, "?immutable=1");
}

std::unique_ptr<SQLite::Database> connectReader(const std::string& name, int flags) {
    auto database =
        std::make_unique<SQLite::Database>(name, SQLite::OPEN_READONLY | flags, kReaderBusyMs);
    neverCheckpoint(*database);
    distrustSchema(*database);
    // Opening is lazy: the first read is what fails when shared memory cannot be made.
    (void)schemaVersion(*database);
    return database;
}

bool cannotMakeSharedMemory(const SQLite::Exception& thrown) {
    return thrown.getErrorCode() == SQLITE_CANTOPEN || thrown.getErrorCode() == SQLITE_READONLY;
}

bool hasUnmergedChanges(const std::filesystem::path& workspace) {
    std::error_code absent;
    const auto size = std::filesystem::file_size(workspace.string() + "-wal", absent);
    return !absent && size > 0;
}

Result<std::unique_ptr<SQLite::Database>> openImmutable(const std::filesystem::path& workspace) {
    if (hasUnmergedChanges(workspace))
        return fail(ErrorCode::Io,
                    strCat("cannot read ", workspace.string(), ": its last changes are still in ",
                           workspace.filename().string(),
                           "-wal and its folder is read-only; copy both "
                           "files to a folder of yours and open them there"));
    return connectReader(immutableUri(workspace), SQLite::OPEN_URI);
}

/// A killed process has left a transaction half written (a hot rollback journal, as while a
/// workspace is made or migrated). SQLite takes it back when a connection that may write reads, but
/// not while whoever writes it lives.
void takeBackHalfWritten(const std::filesystem::path& workspace) {
    SQLite::Database database(workspace.string(), SQLite::OPEN_READWRITE, kReaderBusyMs);
    distrustSchema(database);
    (void)schemaVersion(database);
}

Status checkReadable(const std::filesystem::path& workspace) {
    std::error_code ignored;
    const auto status = std::filesystem::status(workspace, ignored);
    if (!std::filesystem::exists(status))
        return fail(ErrorCode::NotFound,
                    strCat("there is no workspace at ", workspace.string(), "; check the path"));
    if (!std::filesystem::is_regular_file(status))
        return fail(ErrorCode::InvalidInput,
                    strCat(workspace.string(), " is not a file; give the path of a workspace"));
    return {};
}

}  // namespace

Error sqliteError(const std::string& what, const std::filesystem::path& file,
                  const SQLite::Exception& thrown) {
    const std::string where = strCat(what, " ", file.string(), ": ", thrown.what());
    for (const auto& [code, kind, advice] : kKnownErrors)
        if (code == thrown.getErrorCode()) return {kind, where + advice};
    return {ErrorCode::Internal, where};
}

Result<std::unique_ptr<SQLite::Database>> openForWriting(const std::filesystem::path& workspace) {
    using Connection = Result<std::unique_ptr<SQLite::Database>>;
    return catchingSqlite("cannot open the workspace", workspace, [&]() -> Connection {
        auto database = std::make_unique<SQLite::Database>(
            workspace.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kWriterBusyMs);
        distrustSchema(*database);
        SKD_CHECK(checkIdentity(*database, workspace));
        const std::string mode = database->execAndGet("PRAGMA journal_mode = WAL").getString();
        if (mode != "wal")
            return fail(ErrorCode::Unsupported,
                        strCat("cannot use the workspace ", workspace.string(),
                               ": its file system has no "
                               "shared memory; choose a folder on a local disk"));
        database->exec(
            "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = "
            "67108864");
        return database;
    });
}

Result<std::unique_ptr<SQLite::Database>> openForReading(const std::filesystem::path& workspace) {
    using Connection = Result<std::unique_ptr<SQLite::Database>>;
    SKD_CHECK(checkReadable(workspace));
    return catchingSqlite("cannot read the workspace", workspace, [&]() -> Connection {
        try {
            return connectReader(workspace.string(), 0);
        } catch (const SQLite::Exception& thrown) {
            if (!cannotMakeSharedMemory(thrown)) throw;
            if (thrown.getExtendedErrorCode() != SQLITE_READONLY_ROLLBACK)
                return openImmutable(workspace);
            takeBackHalfWritten(workspace);
            return connectReader(workspace.string(), 0);
        }
    });
}

Status checkIdentity(SQLite::Database& database, const std::filesystem::path& workspace) {
    const int id = database.execAndGet("PRAGMA application_id").getInt();
    if (id == kApplicationId) return {};
    const int tables = database.execAndGet("SELECT count(*) FROM sqlite_schema").getInt();
    if (id == 0 && tables == 0) return {};
    return fail(ErrorCode::Corrupt, strCat(workspace.string(),
                                           " is a database of another program; choose a workspace "
                                           "file, or another name to begin a new one"));
}

int schemaVersion(SQLite::Database& database) {
    return database.execAndGet("PRAGMA user_version").getInt();
}

Error newerSchema(const std::filesystem::path& file, int version, int newest) {
    return {ErrorCode::Newer,
            strCat(file.string(), " was written by a newer version of this program (schema ",
                   version, ", this one knows ", newest, "); update the program")};
}

void removeDatabase(const std::filesystem::path& file) {
    std::error_code ignored;
    for (const char* suffix : {"", "-journal", "-wal", "-shm"})
        std::filesystem::remove(file.string() + suffix, ignored);
}

void bindOne(SQLite::Statement& statement, int index, const SQLite::Column& column) {
    if (column.isNull())
        statement.bind(index);
    else if (column.isInteger())
        statement.bind(index, static_cast<std::int64_t>(column.getInt64()));
    else if (column.isFloat())
        statement.bind(index, column.getDouble());
    else if (column.isBlob())
        statement.bind(index, column.getBlob(), column.getBytes());
    else
        statement.bind(index, column.getString());
}

}  // namespace skd
