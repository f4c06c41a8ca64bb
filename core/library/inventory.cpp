#include "library/inventory.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "base/files.h"
#include "base/gguf_parts.h"
#include "base/resources.h"
#include "base/text.h"
#include "library/elastic_slice.h"
#include "library/hub_cache.h"
#include "library/model_source.h"
#include "spec/model_name.h"
#include "spec/run_spec.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

/// LICENSE-NAME.txt beside a file whose name begins with NAME.
std::string licenceBeside(const fs::path& model) {
    constexpr std::string_view kBegin = "LICENSE-", kEnd = ".txt";
    std::error_code ignored;
    const std::string name = lower(model.filename().string());
    for (const auto& entry : fs::directory_iterator(model.parent_path(), ignored)) {
        const std::string file = entry.path().filename().string();
        if (!file.starts_with(kBegin) || !file.ends_with(kEnd)) continue;
        const std::string subject =
            lower(file.substr(kBegin.size(), file.size() - kBegin.size() - kEnd.size()));
        if (!subject.empty() && name.starts_with(subject)) return "see " + file;
    }
    return "";
}

ModelEntry entryOf(const std::string& reference, const std::string& name, const fs::path& path,
                   const Result<ModelHeader>& header) {
    ModelEntry entry{.reference = reference, .name = name, .path = path};
    if (!header) {
        entry.problem = header.error().message;
        return entry;
    }
    entry.architecture = traits(header->config.family).name;
    entry.dtype = header->config.weightsDType;
    entry.layers = static_cast<std::int64_t>(header->config.layers.size());
    entry.parameters = header->parameters;
    entry.bytes = header->bytes;
    entry.licence = header->licence.empty() ? licenceBeside(path) : header->licence;
    return entry;
}

ModelEntry entryOf(const std::string& reference, const std::string& name, const fs::path& path) {
    return entryOf(reference, name, path, readModelHeader(path));
}

bool looksLikeModel(const fs::path& path) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
        const auto snapshot = hubSnapshot(path);
        return snapshot && fs::exists(*snapshot / "config.json", ignored);
    }
    return path.extension() == ".gguf" && !isLaterGgufPart(path);
}

/// What resolveModelPath finds the entry of a folder of models by.
std::string referenceTo(const fs::path& path) {
    return path.extension() == ".gguf" ? path.stem().string() : path.filename().string();
}

/// What lies in `folder`, in the order of its names.
std::vector<fs::path> entriesIn(const fs::path& folder) {
    std::vector<fs::path> found;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

std::vector<RunId> runFolders(const RunPaths& paths) {
    std::vector<RunId> runs;
    for (const fs::path& path : entriesIn(paths.cache / "runs"))
        if (const auto run = wholeNumber(path.filename().string())) runs.emplace_back(*run);
    std::sort(runs.begin(), runs.end());
    return runs;
}

}  // namespace

ModelEntry describeModel(const std::string& reference, const RunPaths& runs) {
    ModelEntry unusable{.reference = reference, .name = reference};
    const auto because = [&](std::string problem) {
        unusable.problem = std::move(problem);
        return unusable;
    };
    const auto run = parseRunReference(reference);
    if (!run) return because(run.error().message);
    if (*run) unusable.run = (*run)->run;
    if (*run && (*run)->step) return because("the size of a checkpoint is known when it is opened");
    if (*run) {
        const fs::path file = RunModels(runs.run((*run)->run)).final();
        ModelEntry entry = entryOf(reference, reference, file, runModelHeader(runs, **run));
        entry.run = (*run)->run;
        return entry;
    }
    const auto path = resolveModelPath(reference);
    if (!path) return because(path.error().message);
    std::error_code ignored;
    const bool folder = fs::is_directory(*path, ignored);
    ModelEntry entry = entryOf(reference, modelName(fs::absolute(*path, ignored)), *path);
    if (folder && !fs::exists(*path / "config.json", ignored))
        entry.problem =
            strCat(path->string(),
                   " is no model: the folder has no config.json (and model.safetensors beside it)");
    else if (!folder && path->extension() != ".gguf")
        entry.problem = strCat(path->string(),
                               " is no model: a model is a .gguf file, or a folder with "
                               "config.json and model.safetensors");
    return entry;
}

std::vector<ModelEntry> localModels(const std::vector<std::string>& added, const RunPaths& runs) {
    std::vector<ModelEntry> models;
    std::set<fs::path> seen;
    std::error_code ignored;
    for (const fs::path& folder : modelFolders())
        for (const fs::path& path : entriesIn(folder))
            if (looksLikeModel(path) && seen.insert(fs::weakly_canonical(path, ignored)).second)
                models.push_back(
                    entryOf(referenceTo(path), modelName(path), hubSnapshot(path).value_or(path)));
    for (const std::string& path : added)
        if (seen.insert(fs::weakly_canonical(path, ignored)).second)
            models.push_back(describeModel(path, runs));
    for (const RunId run : runFolders(runs))
        if (fs::exists(RunModels(runs.run(run)).final(), ignored))
            models.push_back(describeModel(strCat("run:", run.value()), runs));
    return models;
}

namespace {

std::int64_t changedMs(const fs::path& path) {
    std::error_code error;
    const auto time = fs::last_write_time(path, error);
    if (error) return 0;
    const auto system = std::chrono::file_clock::to_sys(time);
    return std::chrono::duration_cast<std::chrono::milliseconds>(system.time_since_epoch()).count();
}

}  // namespace

std::vector<CacheEntry> localCaches(const RunPaths& paths) {
    std::vector<CacheEntry> caches;
    std::error_code ignored;
    const auto add = [&](CacheKind kind, const fs::path& path, RunId run = {}) {
        caches.push_back({kind, run, path, bytesBelow(path), changedMs(path)});
    };
    for (const fs::path& path : entriesIn(paths.spectra())) add(CacheKind::Spectra, path);
    for (const fs::path& path : entriesIn(paths.teacher())) add(CacheKind::Teacher, path);
    for (const auto& [kind, folder] : {std::pair{CacheKind::Timings, paths.timings()},
                                       std::pair{CacheKind::Scores, paths.scores()}})
        if (fs::exists(folder, ignored)) add(kind, folder);
    for (const RunId run : runFolders(paths)) add(CacheKind::RunFiles, paths.run(run), run);
    return caches;
}

namespace {

/// "run 3 (plain svd)".
std::string runText(RunId run, const std::vector<RunRow>& all) {
    for (const RunRow& row : all)
        if (row.id == run) return strCat("run ", run.value(), " (", row.name, ")");
    return strCat("run ", run.value());
}

bool startsFrom(const RunDetails& run, RunId source) {
    const auto spec = parseRunSpec(run.spec);
    if (!spec) return false;
    for (const std::string* path : {&spec->model.path, &spec->teacher.path})
        if (const auto reference = parseRunReference(*path);
            reference && *reference && (*reference)->run == source)
            return true;
    return false;
}

void addRunLosses(CacheUse& use, const CacheEntry& entry, const std::vector<RunDetails>& unfinished,
                  const std::vector<RunRow>& all) {
    bool own = false;
    for (const RunDetails& run : unfinished) {
        if (run.row.id == entry.run)
            own = true;
        else if (startsFrom(run, entry.run))
            use.losses.push_back(strCat(runText(run.row.id, all), " starts from the model of run ",
                                        entry.run.value(), " and could not be run."));
    }
    const std::string name = runText(entry.run, all);
    use.losses.push_back(
        own ? strCat(name, " is not complete: it could no longer resume from its last checkpoint.")
            : strCat("The models of ", name,
                     " could no longer be opened, profiled, exported or trained on; its curves and "
                     "figures stay."));
}

}  // namespace

CacheUse cacheUse(const CacheEntry& entry, const std::vector<RunDetails>& unfinished,
                  const std::vector<RunRow>& all) {
    CacheUse use;
    std::size_t waiting = 0;
    for (const RunDetails& run : unfinished) {
        const bool goesOn = run.row.status == RunStatus::Running;
        if (goesOn && (entry.kind != CacheKind::RunFiles || entry.run == run.row.id ||
                       startsFrom(run, entry.run)))
            use.blocked = true;
        waiting += !goesOn;
    }
    if (use.blocked)
        use.losses.emplace_back(
            "A running run has it open. Stop the run, or wait until it has ended.");
    else if (entry.kind == CacheKind::RunFiles)
        addRunLosses(use, entry, unfinished, all);
    else if (waiting > 0 && entry.kind != CacheKind::Timings)
        use.losses.push_back(strCat(
            waiting == 1
                ? "1 run waits or can be resumed; if it needs this, it makes it"
                : strCat(waiting, " runs wait or can be resumed; those that need this make it"),
            " again first, which takes its time."));
    return use;
}

Result<CacheUse> cacheUse(const CacheEntry& entry, const RunStore& store) {
    SKD_TRY(const std::vector<RunRow> rows, store.runs());
    std::vector<RunDetails> unfinished;
    for (const RunRow& row : rows) {
        if (row.status == RunStatus::Completed) continue;
        SKD_TRY(RunDetails details, store.details(row.id));
        unfinished.push_back(std::move(details));
    }
    return cacheUse(entry, unfinished, rows);
}

Result<std::int64_t> deleteCache(const CacheEntry& entry, const RunPaths& paths) {
    std::error_code error;
    const fs::path root = fs::weakly_canonical(paths.cache, error),
                   path = fs::weakly_canonical(entry.path, error);
    const fs::path inside = path.lexically_relative(root);
    if (error || inside.empty() || inside == "." || *inside.begin() == "..")
        return fail(ErrorCode::InvalidInput,
                    strCat(entry.path.string(),
                           " is not among the caches of this workspace; nothing was deleted"));
    const std::int64_t bytes = bytesBelow(path);
    fs::remove_all(path, error);
    if (error)
        return fail(ErrorCode::Io, strCat(path.string(), " cannot be deleted: ", error.message()));
    return bytes;
}

}  // namespace skd
