#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "store/records.h"
#include "store/run_paths.h"
#include "store/run_store.h"

/// What lies on this machine: models, corpora, and the files that runs leave beside a workspace.
/// Reads headers and manifests only; still too slow for a window's thread where there is much.
namespace skd {

/// A model that a run can start from.
struct ModelEntry {
    std::string reference{};  ///< what a spec's model.path says: a name, a path, or "run:3"
    std::string name{};
    std::filesystem::path path{};
    std::string architecture{}, dtype{}, licence{};
    std::int64_t layers = 0, parameters = 0, bytes = 0;
    RunId run{};            ///< whose model it is; 0 = nobody's
    std::string problem{};  ///< why it cannot be used, in a sentence; "" where it can
};
/// Folders in which a model's name is looked for, in that order; not all exist.
std::vector<std::filesystem::path> modelFolders();
/// `reference` as in ModelEntry. What is no model comes back with its `problem`.
ModelEntry describeModel(const std::string& reference, const RunPaths& runs);
/// Those of modelFolders(), then `added` ones, then the models that runs have kept.
std::vector<ModelEntry> localModels(const std::vector<std::string>& added, const RunPaths& runs);

/// Text that runs can calibrate and distil on.
struct CorpusEntry {
    std::string name{};
    std::filesystem::path path{};
    bool shipped = false;  ///< a share that ships with the program; else a folder of `corpus build`
    std::int64_t documents = 0, characters = 0, tokens = 0, samples = 0,
                 bytes = 0;           ///< 0 = not known
    std::string licence{}, shares{};  ///< names, joined
    std::string problem{};
};
/// A folder of `corpus build`; its files are not compared with the manifest (showCorpus does).
CorpusEntry lookAtCorpus(const std::filesystem::path& folder);
/// The shares that ship, those under the user's data folder, then `added`.
std::vector<CorpusEntry> corporaHere(const std::vector<std::string>& added);

enum class CacheKind { Spectra, Teacher, Timings, Scores, RunFiles };
/// Files that a workspace's runs have left: a cache that can be made again, or one run's own.
struct CacheEntry {
    CacheKind kind = CacheKind::Spectra;
    RunId run{};  ///< of RunFiles
    std::filesystem::path path{};
    std::int64_t bytes = 0, usedMs = 0;  ///< Unix time of the last change
};
std::vector<CacheEntry> localCaches(const RunPaths& paths);

/// What deleting would cost.
struct CacheUse {
    bool blocked = false;             ///< a run that is running has it open
    std::vector<std::string> losses;  ///< sentences, for display
};
/// `unfinished`: runs that wait, continue, or can be resumed. `completed`: for names of run
/// folders.
CacheUse cacheUse(const CacheEntry& entry, const std::vector<RunDetails>& unfinished,
                  const std::vector<RunRow>& all);
/// The same by the runs that a workspace has now.
Result<CacheUse> cacheUse(const CacheEntry& entry, const RunStore& store);
/// Deletes it and returns the bytes that were freed. InvalidInput for a path outside `paths`.
Result<std::int64_t> deleteCache(const CacheEntry& entry, const RunPaths& paths);

}  // namespace skd
