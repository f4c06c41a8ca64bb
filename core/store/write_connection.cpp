#include "store/write_connection.h"

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
    SKD_TRY(Descriptor lock, lockWorkspace(file));
    SKD_CHECK(migrateFile(file, schemaMigrations()));

    std::unique_ptr<WriteConnection> connection(new WriteConnection(std::move(lock)));
    connection->m_file = file;
    SKD_TRY(connection->m_database, openForWriting(file));
    return connection;
}

}  // namespace skd
