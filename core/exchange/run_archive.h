#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/records.h"

namespace skd {

/// A file that travels with a run, such as its final model.
struct ArchivedFile {
    std::string name;  ///< a plain file name
    std::filesystem::path path;
};

struct ArchiveRequest {
    std::filesystem::path workspace;
    std::vector<RunId> runs;
    std::filesystem::path out;
    bool replace = false;
    std::map<std::int64_t, std::vector<ArchivedFile>> files;  ///< by run
};

/// Writes runs with all that is on record of them (metrics, events, ranks, analyses, studies) as
/// one SQLite file of the workspace's own schema, which appears only when complete; files go into
/// side tables. Runs that continue are marked as interrupted in it. NotFound for a run the
/// workspace lacks, Corrupt for one that is damaged there.
Status writeArchive(const ArchiveRequest& request);

/// Identity of a run wherever it is copied to: SHA-256 of its spec's hash, times and name.
std::string runKey(const RunDetails& details);
/// The identity that a run was imported with; "" for one of this workspace.
std::string originKey(const RunDetails& details);

/// Runs of an archive that `importArchive` has taken, or found again.
struct ArchiveImport {
    struct Entry {
        RunId source;  ///< its number in the archive
        RunId run;     ///< here
        std::string name;
    };
    std::vector<Entry> imported, known;
    std::vector<RunId> weights;  ///< runs here whose files were restored, known ones among them
};

/// Takes the runs of an archive into a workspace (made where it is missing) under new numbers;
/// their `environment.origin` keeps key and number. Their files are restored first, so that a
/// damaged one leaves the workspace as it was. Runs that are here already, by their keys, are left
/// out; one that has ended takes the files that it lacks. Corrupt for a damaged file, Newer for one
/// of a later schema, InvalidInput for a workspace, Busy where another process owns the workspace.
Result<ArchiveImport> importArchive(const std::filesystem::path& workspace,
                                    const std::filesystem::path& archive);

class RunWriter;

/// Puts the run of an archive that holds no other one into the place that `run` has in the
/// workspace, which `owner` has open: everything on record of it comes from the archive but what
/// users have added here (name, notes, tags, colour, marks), and its files are restored first. A
/// run that is not there is added under that number. False where the run is complete here already:
/// it only gets the files that it lacks. InvalidInput where the archive is of another spec, Corrupt
/// for a damaged one.
Result<bool> adoptRun(RunWriter& owner, const std::filesystem::path& workspace,
                      const std::filesystem::path& archive, RunId run);

/// Restores the files of one run of an archive into a folder, comparing their hashes; their names.
Result<std::vector<std::string>> restoreFiles(const std::filesystem::path& archive, RunId source,
                                              const std::filesystem::path& folder);

}  // namespace skd
