#include "store/migrations.h"

#include "base/files.h"
#include "base/log.h"
#include "base/text.h"
#include "store/database.h"
#include "store/schema_check.h"

namespace skd {
namespace {

/// Copies the whole database, changes in its WAL included, to FILE.vN.backup.
Status backUp(SQLite::Database& database, const std::filesystem::path& workspace, int version) {
    const std::filesystem::path backup = strCat(workspace.string(), ".v", version, ".backup");
    const std::filesystem::path unfinished = backup.string() + ".tmp";
    std::error_code error;
    std::filesystem::remove(unfinished, error);
    execute(database, "VACUUM INTO ?", unfinished.string());
    SKD_CHECK(moveIntoPlace(unfinished, backup, "cannot name the backup"));
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
        if (version > newest) {
            Error error = newerSchema(workspace, version, newest);
            error.message += " or choose another workspace";
            return fail(std::move(error));
        }
        if (version > 0) SKD_CHECK(checkSchemaSql(database, workspace, steps, version));
        if (version < newest && version > 0) SKD_CHECK(backUp(database, workspace, version));
        for (const Migration& step : steps)
            if (step.version > version) SKD_CHECK(apply(database, workspace, step));
        return {};
    });
}

}  // namespace skd
