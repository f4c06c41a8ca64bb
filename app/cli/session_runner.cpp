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

std::string cell(const std::optional<double>& figure, int digits = 4, double scale = 1) {
    return figure ? formatNumber(*figure * scale, digits) : "–";
}

/// The final table: dense, post-prune, post-KD.
void printRun(RunId run, const RunSummary& summary) {
    std::cout << "\nrun " << run.value() << ": " << summary.name << "\n";
    std::cout << "  dense        perplexity " << cell(summary.densePpl) << "\n";
    std::cout << "  post-prune   perplexity " << cell(summary.postPrunePpl) << "   ("
              << cell(summary.mlpRemoved, 3, 100) << " % of the MLP parameters removed, "
              << cell(summary.parametersRemoved, 3, 100) << " % of all)\n";
    std::cout << "  post-KD      perplexity " << cell(summary.postKdPpl) << "   ("
              << (summary.kdSteps ? groupDigits(*summary.kdSteps) : "–") << " steps in "
              << cell(summary.kdSeconds, 3) << " s)\n";
    std::cout << "  protocol     " << summary.protocol << "\n";
}

Result<RunId> begin(Session& session, const RunRequest& request) {
    if (!request.resume) return session.start(request.spec);
    const RunId run(*request.resume);
    SKD_CHECK(session.resumeRun(run));
    return run;
}

int conclude(RunId run, const ConsoleSink::Ending& ending, bool json) {
    if (ending.error) return report(*ending.error, json);
    const RunSummary summary = ending.summary ? *ending.summary : RunSummary{};
    if (json) {
        Json record = toJson(summary);
        record["run_id"] = run.value();
        record["outcome"] = enumName(ending.outcome);
        record["stop_reason"] = ending.reason;
        print(record, true);
    } else if (ending.outcome == Outcome::Completed)
        printRun(run, summary);
    else
        std::cout << "run " << run.value() << " was stopped; resume it with: sparsekd run --resume "
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
