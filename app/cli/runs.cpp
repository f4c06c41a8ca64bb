#include <cmath>
#include <iostream>

#include "cli/commands.h"
#include "cli/runs_show.h"
#include "store/purge.h"
#include "store/run_store.h"
#include "store/run_writer.h"

namespace skd::cli {
namespace {

std::string figure(double value) {
    return std::isnan(value) ? "–" : formatNumber(value, 4);
}

Result<int> list(const std::string& workspace, bool all, bool json) {
    SKD_TRY(const auto store, RunStore::open(workspace));
    SKD_TRY(const std::vector<RunRow> rows, store->runs(all));
    if (json) {
        Json array = Json::array();
        for (const RunRow& row : rows) array.push_back(rowJson(row));
        print({{"runs", array}}, true);
        return kDone;
    }
    for (const RunRow& row : rows)
        std::cout << row.id.value() << "\t" << runStatusName(row.status)
                  << (row.damaged ? " (damaged)" : "") << (row.deleted ? " (deleted)" : "") << "\t"
                  << escapeLine(row.name) << "\t" << figure(row.densePpl) << " → "
                  << figure(row.postPrunePpl) << " → " << figure(row.postKdPpl) << "\n";
    if (rows.empty()) std::cout << "no runs in " << workspace << "\n";
    return kDone;
}

Result<Json> setDeleted(const std::string& workspace, RunId run, bool deleted) {
    SKD_TRY(const auto writer, RunWriter::open(workspace));
    const WorkspaceEdit edit = deleted ? WorkspaceEdit(DeleteRun{run}) : RestoreRun{run};
    SKD_CHECK(writer->apply(edit));
    return Json{{"done", true}};
}

Result<Json> accept(const std::string& workspace, RunId run) {
    SKD_TRY(const auto writer, RunWriter::open(workspace));
    SKD_CHECK(writer->accept(run));
    return Json{{"done", true}};
}

Json planJson(const PurgePlan& plan) {
    Json json{
        {"runs", Json::array()}, {"needed", Json::array()}, {"folder_bytes", plan.folderBytes}};
    for (const RunRow& run : plan.runs) json["runs"].push_back(run.id.value());
    for (const auto& [run, by] : plan.needed)
        json["needed"].push_back({{"run_id", run.value()}, {"by", by.value()}});
    return json;
}

/// Removes deleted runs for good, or only says what would go.
Result<Json> purge(const std::string& workspace, bool dryRun) {
    const RunPaths paths = RunPaths::of(workspace);
    PurgePlan plan;
    {
        SKD_TRY(const auto store, RunStore::open(workspace));
        SKD_TRY(plan, planPurge(*store, paths));
    }
    Json json = planJson(plan);
    json["dry_run"] = dryRun;
    if (dryRun || plan.runs.empty()) return json;
    SKD_TRY(const auto writer, RunWriter::open(workspace));
    SKD_TRY(json["freed_bytes"], purgeRuns(*writer, plan, paths));
    return json;
}

void printPurge(const Json& json) {
    for (const Json& run : memberOf(json, "needed"))
        std::cout << "run " << memberOf(run, "run_id") << " stays: run " << memberOf(run, "by")
                  << " starts from it\n";
    const std::size_t runs = memberOf(json, "runs").size();
    if (runs == 0) {
        std::cout << "no deleted runs to remove\n";
    } else if (valueOr(json, "dry_run", false)) {
        std::cout << runs << " deleted runs can be removed for good: runs "
                  << joined(memberOf(json, "runs"), ", ",
                            [](const Json& run) { return run.dump(); })
                  << "; their model files take " << formatBytes(valueOr(json, "folder_bytes", 0.0))
                  << "\n";
    } else {
        std::cout << runs << " runs removed for good, "
                  << formatBytes(valueOr(json, "freed_bytes", 0.0)) << " freed\n";
    }
}

struct RunsArguments {
    std::string workspace = defaultWorkspace();
    std::int64_t run = 0;
    bool all = false, dryRun = false;
};

CLI::App* addAction(CLI::App* runs, const char* name, const char* help, RunsArguments& a) {
    CLI::App* command = runs->add_subcommand(name, help);
    addWorkspace(command, a.workspace);
    return command;
}

CLI::App* addOfRun(CLI::App* runs, const char* name, const char* help, RunsArguments& a) {
    CLI::App* command = addAction(runs, name, help, a);
    addChecked(command, "RUN", a.run, "number of the run", atLeast(1))->required();
    return command;
}

}  // namespace

void addRuns(CLI::App& app, CommandTable& table) {
    CLI::App* runs = app.add_subcommand(
        "runs",
        "runs of a workspace: list, show, spec, rename, tag, note, color, mark, delete, restore, "
        "accept, purge, export, import");
    runs->require_subcommand(1);
    addRunsTransfer(*runs, table);
    addRunsEdit(*runs, table);
    auto a = std::make_shared<RunsArguments>();
    CLI::App* listing = addAction(runs, "list", "all runs, newest first", *a);
    listing->add_flag("--all", a->all, "deleted ones too");
    table.add(listing, [=](bool json) { return list(a->workspace, a->all, json); });
    table.add(addOfRun(runs, "show", "spec, figures, answers, metrics and ranks of a run", *a),
              [=](bool json) {
                  return answer(showRun(a->workspace, RunId(a->run)), json, printRunRecord);
              });
    table.add(addOfRun(runs, "delete", "hide a run; restore brings it back", *a), [=](bool json) {
        return answer(setDeleted(a->workspace, RunId(a->run), true), json);
    });
    table.add(addOfRun(runs, "restore", "bring a deleted run back", *a), [=](bool json) {
        return answer(setDeleted(a->workspace, RunId(a->run), false), json);
    });
    table.add(addOfRun(runs, "accept", "keep what is left of a damaged run as it is", *a),
              [=](bool json) { return answer(accept(a->workspace, RunId(a->run)), json); });
    CLI::App* purging = addAction(runs, "purge", "remove deleted runs for good", *a);
    purging->add_flag("--dry-run", a->dryRun, "say which runs would go and what that frees");
    table.add(purging,
              [=](bool json) { return answer(purge(a->workspace, a->dryRun), json, printPurge); });
}

}  // namespace skd::cli
