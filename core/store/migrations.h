#pragma once

#include <filesystem>
#include <span>

#include "base/result.h"

namespace skd {

/// One step of a workspace's schema. Steps are never edited once released, only added.
struct Migration {
    int version;  ///< user_version afterwards; 1, 2, 3, ...
    const char* description;
    const char* sql;
};

/// The steps of this program, in order.
std::span<const Migration> schemaMigrations();

/// Brings the file (made where it is missing) to the last of `steps`, each in one transaction. A
/// file that already holds something is first copied to FILE.vN.backup. Newer: the file is ahead of
/// `steps`; Corrupt: not a database, or another program's. The caller owns the workspace's lock.
Status migrateFile(const std::filesystem::path& workspace, std::span<const Migration> steps);

}  // namespace skd
