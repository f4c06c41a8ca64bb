#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "exchange/run_archive.h"
#include "store/database.h"
#include "store/run_paths.h"

/// For the .cpp files of exchange only: an archive as a file that somebody else has sent, and the
/// files that its runs brought along.
namespace skd {

/// Identity, wholeness and schema.
Status checkArchive(SQLite::Database& database, const std::filesystem::path& file);

/// A run of the archive.
struct SourceRun {
    RunId id;
    std::string key;
};

struct PresentRun {
    RunId run;
    bool takesFiles = false;  ///< it will not write them itself
};
using Present = std::map<std::string, PresentRun>;

/// Files of the archive's runs in a folder of their own, until the runs themselves are there.
class Staging {
public:
    /// What an import that was cut off left there goes.
    explicit Staging(std::filesystem::path folder) : m_folder(std::move(folder)) { clear(); }
    ~Staging() { clear(); }
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;

    [[nodiscard]] std::filesystem::path of(RunId source) const {
        return m_folder / std::to_string(source.value());
    }

private:
    void clear() const;
    std::filesystem::path m_folder;
};

struct ArchivedName {
    std::string name, sha256;
};

/// Files that came along with a run. Corrupt for a name that would leave its folder.
Result<std::vector<ArchivedName>> archivedNames(SQLite::Database& database, RunId source);

/// Writes one of them, comparing its hash.
Status restoreFile(SQLite::Database& database, RunId source, const std::filesystem::path& target,
                   const ArchivedName& file);

/// Whether the lists of files are as they were written.
Status checkFileLists(SQLite::Database& from, const std::filesystem::path& archive,
                      const std::vector<SourceRun>& sources);

/// Restores the files of every run that is new, or is here without one of them.
Status stageFiles(SQLite::Database& from, const Staging& staging, const Present& present,
                  const RunPaths& paths, const std::vector<SourceRun>& sources);

/// Gives what was staged to the runs it belongs to; those that got something.
Result<std::vector<RunId>> placeFiles(const Staging& staging, const RunPaths& paths,
                                      const ArchiveImport& taken);

}  // namespace skd
