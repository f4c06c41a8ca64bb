#include "cli/session_runner.h"

#include <filesystem>
#include <iostream>

#include "base/files.h"
#include "base/resources.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/console_sink.h"
#include "cli/interrupt.h"
#include "run/session.h"

namespace skd::cli {
namespace {

std::string cell(const Json& summary, const char* key, int digits = 4, double scale = 1) {
    if (!summary.contains(key) || !summary[key].is_number()) return "–";
    if (summary[key].is_number_integer()) return groupDigits(summary[key].get<std::int64_t>());
    return formatNumber(summary[key].get<double>() * scale, digits);
}

/// The final table: dense, post-prune, post-KD.
void printTable(RunId run, const Json& summary) {
    std::cout << "\nrun " << run.value() << ": " << summary.value("name", "") << "\n";
    std::cout << "  dense        perplexity " << cell(summary, "dense_ppl") << "\n";
    std::cout << "  post-prune   perplexity " << cell(summary, "post_prune_ppl") << "   ("
              << cell(summary, "mlp_removed", 3, 100) << " % of the MLP parameters removed, "
              << cell(summary, "parameters_removed", 3, 100) << " % of all)\n";
    std::cout << "  post-KD      perplexity " << cell(summary, "post_kd_ppl") << "   ("
              << cell(summary, "kd_steps") << " steps in " << cell(summary, "kd_seconds", 3)
              << " s)\n";
    std::cout << "  protocol     " << summary.value("protocol", "") << "\n";
}

Result<RunId> begin(Session& session, const RunRequest& request) {
    if (!request.resume) return session.start(request.spec);
    const RunId run(*request.resume);
    SKD_CHECK(session.resumeRun(run));
    return run;
}

int conclude(RunId run, const ConsoleSink::Ending& ending, bool json) {
    if (ending.error) return report(*ending.error, json);
    Json summary = ending.summary;
    if (summary.is_null()) summary = Json::object();
    summary["run_id"] = run.value();
    summary["outcome"] = enumName(ending.outcome);
    summary["stop_reason"] = ending.reason;
    if (json)
        print(summary, true);
    else if (ending.outcome == Outcome::Completed)
        printTable(run, summary);
    else
        std::cout << "run " << run.value() << " was stopped; go on with: sparsekd run --resume "
                  << run.value() << "\n";
    return ending.outcome == Outcome::Completed ? kDone : kCancelled;
}

}  // namespace

std::string defaultWorkspace() {
    return (userDataFolder() / "workspace.sqlite").string();
}

int runInSession(const RunRequest& request) {
    const auto folder = std::filesystem::absolute(request.workspace).parent_path();
    if (const Status made = createFolders(folder); !made) return report(made.error(), request.json);
    Interrupt interrupt;
    auto session = makeSession({request.workspace, "", 0});
    if (!session) return report(session.error(), request.json);
    const auto sink = std::make_shared<ConsoleSink>();
    (*session)->subscribe(sink);
    interrupt.onRequest([&] { (*session)->stop(); });
    const auto run = begin(**session, request);
    if (!run) return report(run.error(), request.json);
    const ConsoleSink::Ending ending = sink->wait(*run);
    interrupt.onRequest({});
    return conclude(*run, ending, request.json);
}

}  // namespace skd::cli
