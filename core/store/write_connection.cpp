#include "store/write_connection.h"

#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/files.h"
#include "base/log.h"
#include "store/migrations.h"

namespace skd {
namespace {

/// Unsupported when `folder` lies on a network file system, where locks and shared memory do not
/// hold.
Status refuseNetworkFileSystem(const std::filesystem::path& folder) {
    // NFS, SMB, SMB2, CIFS, AFS, Ceph, Lustre, GPFS (linux/magic.h and the systems' own sources).
    static constexpr std::array<std::uint32_t, 8> kNetwork{
        0x6969, 0x517B, 0xFE534D42, 0xFF534D42, 0x5346414F, 0x00C36400, 0x0BD00BD0, 0x47504653};
    struct statfs info {};
    if (::statfs(folder.c_str(), &info) != 0) return fail(ioError("cannot examine", folder, errno));
    const auto type = static_cast<std::uint32_t>(info.f_type);
    if (std::find(kNetwork.begin(), kNetwork.end(), type) == kNetwork.end()) return {};
    return fail(ErrorCode::Unsupported, strCat(folder.string(),
                                               " is on a network file system, where a workspace "
                                               "can be damaged; choose a folder on a local disk"));
}

}  // namespace

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
    SKD_TRY(WorkspaceLock lock, WorkspaceLock::take(file));
    if (const auto names = std::filesystem::hard_link_count(file, error); !error && names > 1)
        log::warning(strCat(file.string(),
                            " is a hard link: changes that a crash leaves in the WAL beside one "
                            "name are not found by another; open it by one name only"));
    SKD_CHECK(migrateFile(file, schemaMigrations()));

    std::unique_ptr<WriteConnection> connection(new WriteConnection(std::move(lock)));
    connection->m_file = file;
    SKD_TRY(connection->m_database, openForWriting(file));
    return connection;
}

}  // namespace skd
