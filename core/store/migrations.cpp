#include "store/migrations.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/files.h"
#include "base/log.h"
#include "base/text.h"
#include "store/database.h"

namespace skd {
namespace {

Status syncPath(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return fail(ioError("cannot open", path, errno));
    const int rc = ::fsync(descriptor);
    const int error = errno;
    ::close(descriptor);
    if (rc != 0) return fail(ioError("cannot flush", path, error));
    return {};
}

/// Copies the whole database, changes in its WAL included, to FILE.vN.backup.
Status backUp(SQLite::Database& database, const std::filesystem::path& workspace, int version) {
    const std::filesystem::path backup = strCat(workspace.string(), ".v", version, ".backup");
    const std::filesystem::path unfinished = backup.string() + ".tmp";
    std::error_code error;
    std::filesystem::remove(unfinished, error);
    SQLite::Statement copy(database, "VACUUM INTO ?");
    copy.bind(1, unfinished.string());
    copy.exec();
    SKD_CHECK(syncPath(unfinished));
    std::filesystem::rename(unfinished, backup, error);
    if (error) return fail(ioError("cannot name the backup", backup, error.value()));
    SKD_CHECK(syncPath(std::filesystem::absolute(backup).parent_path()));
    log::info(strCat("the workspace was copied to ", backup.string(),
                     " before its schema is brought up to date"));
    return {};
}

Status apply(SQLite::Database& database, const std::filesystem::path& workspace,
             const Migration& step) {
    const std::string what =
        strCat("cannot bring to schema ", step.version, " (", step.description, ")");
    return catchingSqlite(what, workspace, [&]() -> Status {
        SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
        database.exec(step.sql);
        database.exec(strCat("PRAGMA application_id = ", kApplicationId));
        database.exec(strCat("PRAGMA user_version = ", step.version));
        transaction.commit();
        return {};
    });
}

}  // namespace

Status migrateFile(const std::filesystem::path& workspace, std::span<const Migration> steps) {
    return catchingSqlite("cannot open the workspace", workspace, [&]() -> Status {
        SQLite::Database database(workspace.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE,
                                  10'000);
        database.exec("PRAGMA synchronous = FULL");
        SKD_CHECK(checkIdentity(database, workspace));
        const int version = schemaVersion(database);
        const int newest = steps.empty() ? 0 : steps.back().version;
        if (version > newest)
            return fail(ErrorCode::Newer,
                        strCat(workspace.string(),
                               " was written by a newer version of this program (schema ", version,
                               ", this one knows ", newest,
                               "); update the program or choose another workspace"));
        if (version < newest && version > 0) SKD_CHECK(backUp(database, workspace, version));
        for (const Migration& step : steps)
            if (step.version > version) SKD_CHECK(apply(database, workspace, step));
        return {};
    });
}

}  // namespace skd
