#include "store/write_connection.h"

#include <algorithm>

#include "base/files.h"
#include "store/migrations.h"

namespace skd {

Result<std::unique_ptr<WriteConnection>> WriteConnection::open(
    const std::filesystem::path& workspace) {
    std::error_code error;
    // One name per file: a lock beside a symbolic link would not keep others from the file itself.
    const std::filesystem::path file =
        std::filesystem::weakly_canonical(std::filesystem::absolute(workspace, error), error);
    if (error) return fail(ioError("cannot open the workspace", workspace, error.value()));
    if (std::filesystem::exists(file, error) && !std::filesystem::is_regular_file(file, error))
        return fail(ErrorCode::InvalidInput,
                    strCat(file.string(), " is not a file; give the path of a workspace file"));
    SKD_CHECK(createFolders(file.parent_path()));
    SKD_CHECK(refuseNetworkFileSystem(file.parent_path()));
    SKD_TRY(WorkspaceLock lock, WorkspaceLock::acquire(file));
    SKD_CHECK(migrateFile(file, schemaMigrations()));

    std::unique_ptr<WriteConnection> connection(new WriteConnection(std::move(lock)));
    connection->m_file = file;
    SKD_TRY(connection->m_database, openForWriting(file));
    return connection;
}

Result<std::int64_t> WriteConnection::shrink() {
    const std::lock_guard guard(m_writing);
    return catchingSqlite("cannot make the workspace smaller:", m_file,
                          [&]() -> Result<std::int64_t> {
                              m_database->exec("PRAGMA wal_checkpoint(TRUNCATE)");
                              const std::int64_t before = bytesBelow(m_file);
                              m_database->exec("VACUUM");
                              m_database->exec("PRAGMA wal_checkpoint(TRUNCATE)");
                              return std::max<std::int64_t>(0, before - bytesBelow(m_file));
                          });
}

}  // namespace skd
