#include <iostream>

#include "cli/commands.h"
#include "cli/run_spec_argument.h"
#include "cli/session_runner.h"
#include "store/run_store.h"

namespace skd::cli {
namespace {

struct QueueArguments {
    std::string workspace = defaultWorkspace();
    RunSpecArgument spec;
    std::vector<std::int64_t> runs;
};

Result<Json> waiting(const std::string& workspace) {
    SKD_TRY(const auto store, RunStore::open(workspace));
    SKD_TRY(const std::vector<RunId> queue, store->queue());
    Json runs = Json::array();
    for (const RunId run : queue) {
        SKD_TRY(const RunDetails details, store->details(run));
        runs.push_back({{"run_id", run.value()}, {"name", details.row.name}});
    }
    return Json{{"waiting", std::move(runs)}};
}

void printWaiting(const Json& json) {
    for (const Json& run : memberOf(json, "waiting"))
        std::cout << memberOf(run, "run_id") << "\t" << escapeLine(valueOr(run, "name", ""))
                  << "\n";
    if (memberOf(json, "waiting").empty()) std::cout << "no run waits\n";
}

/// A session that has taken over the runs that wait and starts none of them by itself.
Result<int> withQueue(const QueueArguments& a, bool json,
                      const std::function<Status(const ShownSession&)>& work) {
    SKD_TRY(const int code, inSession(
                                a.workspace,
                                [&](const ShownSession& shown) -> Result<int> {
                                    shown.session.holdQueue(true);
                                    SKD_CHECK(work(shown));
                                    return kDone;
                                },
                                QueueUse::Take));
    if (code != kDone) return code;
    return answer(waiting(a.workspace), json, printWaiting);
}

Result<int> queueRun(const QueueArguments& a, bool json) {
    SKD_TRY(const RunSpec spec, a.spec.read());
    return withQueue(a, json, [&](const ShownSession& shown) -> Status {
        SKD_TRY([[maybe_unused]] const RunId run, shown.session.start(spec));
        return {};
    });
}

Result<int> orderQueue(const QueueArguments& a, bool json) {
    return withQueue(a, json, [&](const ShownSession& shown) -> Status {
        std::vector<RunId> order;
        for (const std::int64_t run : a.runs) order.emplace_back(run);
        shown.session.reorderQueue(order);
        return {};
    });
}

Result<int> leaveQueue(const QueueArguments& a, bool json) {
    return withQueue(a, json, [&](const ShownSession& shown) -> Status {
        for (const std::int64_t run : a.runs) SKD_CHECK(shown.session.leaveQueue(RunId(run)));
        return {};
    });
}

Json endingJson(RunId run, const ConsoleSink::Ending& ending) {
    return {{"run_id", run.value()},
            {"outcome", enumName(ending.error ? Outcome::Failed : ending.outcome)},
            {"reason", ending.error ? ending.error->message : ending.reason}};
}

/// One after another until none waits; a stop ends the run that is running with a checkpoint and
/// leaves the others waiting.
Result<int> workQueue(const QueueArguments& a, bool json) {
    Json ended = Json::array();
    bool failed = false, stopped = false;
    SKD_TRY(const int code, inSession(
                                a.workspace,
                                [&](const ShownSession& shown) -> Result<int> {
                                    const std::vector<RunId> runs = shown.session.queue().runs;
                                    shown.interrupt.onRequest([&] {
                                        shown.session.holdQueue(true);
                                        shown.session.stop();
                                    });
                                    shown.session.holdQueue(false);
                                    for (const RunId run : runs) {
                                        const ConsoleSink::Ending ending = shown.console.wait(run);
                                        ended.push_back(endingJson(run, ending));
                                        failed = failed || ending.error;
                                        stopped = ending.outcome == Outcome::Cancelled;
                                        if (stopped) break;
                                    }
                                    return kDone;
                                },
                                QueueUse::Take));
    if (json) print({{"runs", ended}}, true);
    for (const Json& run : ended)
        if (!json)
            std::cout << memberOf(run, "run_id") << "\t" << valueOr(run, "outcome", "") << "\t"
                      << escapeLine(valueOr(run, "reason", "")) << "\n";
    return stopped ? kCancelled : failed ? kFailed : code;
}

}  // namespace

void addQueue(CLI::App& app, CommandTable& table) {
    CLI::App* queue = app.add_subcommand("queue", "runs that wait: list, add, order, leave, work");
    queue->require_subcommand(1);
    auto a = std::make_shared<QueueArguments>();
    const auto command = [&](const char* name, const char* help) {
        CLI::App* one = queue->add_subcommand(name, help);
        addWorkspace(one, a->workspace);
        return one;
    };
    table.add(command("list", "runs that wait, in their order"),
              [=](bool json) { return answer(waiting(a->workspace), json, printWaiting); });
    CLI::App* adding = command("add", "let a run wait instead of starting it");
    a->spec.addTo(adding);
    table.add(adding, [=](bool json) { return queueRun(*a, json); });
    CLI::App* ordering = command("order", "which runs come first");
    ordering->add_option("RUN", a->runs, "numbers of runs that wait, the first one first")
        ->required();
    table.add(ordering, [=](bool json) { return orderQueue(*a, json); });
    CLI::App* leaving = command("leave", "runs that no longer wait: they become cancelled");
    leaving->add_option("RUN", a->runs, "numbers of runs that wait")->required();
    table.add(leaving, [=](bool json) { return leaveQueue(*a, json); });
    table.add(command("work", "carry out the runs that wait, one after another"),
              [=](bool json) { return workQueue(*a, json); });
}

}  // namespace skd::cli
