#include <algorithm>
#include <iostream>

#include "base/table.h"
#include "cli/commands.h"
#include "library/inventory.h"
#include "store/run_store.h"

namespace skd {
template <>
inline constexpr auto kNames<CacheKind> = names<CacheKind>({"spectra", "teacher", "timings",
                                                            "scores", "run-files"});
}  // namespace skd

namespace skd::cli {
namespace {

struct LibraryArguments {
    std::string workspace = defaultWorkspace();
    std::vector<std::string> caches;
    bool dryRun = false;
};

Result<Json> modelList(const std::string& workspace) {
    Json list = Json::array();
    for (const ModelEntry& model : localModels({}, RunPaths::of(workspace)))
        list.push_back({{"model", model.reference},
                        {"path", model.path.string()},
                        {"architecture", model.architecture},
                        {"dtype", model.dtype},
                        {"layers", model.layers},
                        {"parameters", model.parameters},
                        {"bytes", model.bytes},
                        {"licence", model.licence},
                        {"problem", model.problem}});
    return Json{{"models", std::move(list)}};
}

void printModels(const Json& json) {
    TextTable table{.header = {"model", "architecture", "parameters", "type", "size", "licence"}};
    for (const Json& model : memberOf(json, "models")) {
        const std::string problem = valueOr(model, "problem", "");
        table.rows.push_back({valueOr(model, "model", ""),
                              problem.empty() ? valueOr(model, "architecture", "") : problem,
                              groupDigits(valueOr(model, "parameters", std::int64_t{0})),
                              valueOr(model, "dtype", ""),
                              formatBytes(valueOr(model, "bytes", 0.0)),
                              valueOr(model, "licence", "")});
    }
    std::cout << toConsole(table);
}

Json cacheJson(const CacheEntry& entry) {
    Json json{{"cache", entry.path.filename().string()},
              {"kind", enumName(entry.kind)},
              {"path", entry.path.string()},
              {"bytes", entry.bytes}};
    if (entry.kind == CacheKind::RunFiles) json["run_id"] = entry.run.value();
    return json;
}

Result<Json> cacheList(const std::string& workspace) {
    Json list = Json::array();
    for (const CacheEntry& entry : localCaches(RunPaths::of(workspace)))
        list.push_back(cacheJson(entry));
    return Json{{"caches", std::move(list)}};
}

void printCaches(const Json& json) {
    TextTable table{.header = {"kind", "cache", "size"}};
    for (const Json& cache : memberOf(json, "caches"))
        table.rows.push_back({valueOr(cache, "kind", ""), valueOr(cache, "path", ""),
                              formatBytes(valueOr(cache, "bytes", 0.0))});
    std::cout << toConsole(table);
    if (table.rows.empty()) std::cout << "there is nothing beside this workspace yet\n";
}

/// By name or by path, as `caches list` prints them.
Result<CacheEntry> cacheCalled(const std::string& name, const std::vector<CacheEntry>& entries) {
    std::vector<CacheEntry> found;
    for (const CacheEntry& entry : entries)
        if (entry.path == name || entry.path.filename() == name) found.push_back(entry);
    if (found.size() == 1) return found.front();
    return fail(
        found.empty() ? ErrorCode::NotFound : ErrorCode::InvalidInput,
        strCat("\"", name, "\" is ", found.empty() ? "none" : "the name of several",
               " of this workspace's caches; give a path that sparsekd caches list prints"));
}

/// All are looked for, and asked whether they are in use, before the first one goes.
Result<Json> deleteCaches(const LibraryArguments& a) {
    const RunPaths paths = RunPaths::of(a.workspace);
    const std::vector<CacheEntry> entries = localCaches(paths);
    SKD_TRY(const auto store, RunStore::open(a.workspace));
    std::vector<CacheEntry> chosen;
    Json json{{"dry_run", a.dryRun}, {"caches", Json::array()}};
    for (const std::string& name : a.caches) {
        SKD_TRY(chosen.emplace_back(), cacheCalled(name, entries));
        SKD_TRY(const CacheUse use, cacheUse(chosen.back(), *store));
        if (use.blocked)
            return fail(ErrorCode::Busy, strCat(chosen.back().path.string(),
                                                " was not deleted: ", joined(use.losses, " ")));
        Json one = cacheJson(chosen.back());
        one["lost"] = use.losses;
        json["caches"].push_back(std::move(one));
    }
    if (a.dryRun) return json;
    std::int64_t freed = 0;
    for (const CacheEntry& entry : chosen) {
        SKD_TRY(const std::int64_t bytes, deleteCache(entry, paths));
        freed += bytes;
    }
    json["freed_bytes"] = freed;
    return json;
}

void printDeleted(const Json& json) {
    for (const Json& cache : memberOf(json, "caches")) {
        std::cout << valueOr(cache, "path", "") << "\n";
        for (const Json& loss : memberOf(cache, "lost"))
            std::cout << "  " << escapeLine(valueOr(loss, "")) << "\n";
    }
    std::cout << (valueOr(json, "dry_run", false)
                      ? std::string("nothing was deleted\n")
                      : strCat(formatBytes(valueOr(json, "freed_bytes", 0.0)), " freed\n"));
}

}  // namespace

void addLibrary(CLI::App& app, CommandTable& table) {
    auto a = std::make_shared<LibraryArguments>();
    CLI::App* listing = app.add_subcommand("models", "models of this machine, and those of runs");
    addWorkspace(listing, a->workspace);
    table.add(listing,
              [=](bool json) { return answer(modelList(a->workspace), json, printModels); });
    CLI::App* files = app.add_subcommand("caches", "files beside a workspace: list, delete");
    files->require_subcommand(1);
    CLI::App* list = files->add_subcommand("list", "what runs have left, with its size");
    addWorkspace(list, a->workspace);
    table.add(list, [=](bool json) { return answer(cacheList(a->workspace), json, printCaches); });
    CLI::App* remove = files->add_subcommand("delete", "delete files; says what is lost by it");
    addWorkspace(remove, a->workspace);
    remove->add_option("CACHE", a->caches, "names or paths, as caches list prints them")
        ->required();
    remove->add_flag("--dry-run", a->dryRun, "say what would be lost, and delete nothing");
    table.add(remove, [=](bool json) { return answer(deleteCaches(*a), json, printDeleted); });
}

Result<Json> listCorpora() {
    Json list = Json::array();
    for (const CorpusEntry& corpus : corporaHere({}))
        list.push_back({{"corpus", corpus.name},
                        {"path", corpus.path.string()},
                        {"ships", corpus.shipped},
                        {"documents", corpus.documents},
                        {"characters", corpus.characters},
                        {"bytes", corpus.bytes},
                        {"licence", corpus.licence},
                        {"problem", corpus.problem}});
    return Json{{"corpora", std::move(list)}};
}

}  // namespace skd::cli
