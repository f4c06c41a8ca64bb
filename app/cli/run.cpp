#include <cmath>
#include <iostream>

#include "cli/commands.h"
#include "cli/field_help.h"
#include "cli/run_spec_argument.h"
#include "cli/runs_show.h"
#include "cli/session_runner.h"
#include "requests/corpus_tools.h"
#include "store/run_store.h"
#include "study/demo_plan.h"
#include "study/polish_plan.h"
#include "study/run_estimate.h"

namespace skd::cli {
namespace {

std::string cell(const std::optional<double>& figure, int digits = 4, double scale = 1) {
    return figure ? formatNumber(*figure * scale, digits) : "–";
}

/// The final table: dense, post-prune, post-KD; and what each of them answers.
void printRun(RunId run, const RunSummary& summary) {
    std::cout << "\nrun " << run.value() << ": " << escapeLine(summary.name) << "\n";
    std::cout << "  dense        perplexity " << cell(summary.densePpl) << "\n";
    std::cout << "  post-prune   perplexity " << cell(summary.postPrunePpl) << "   ("
              << cell(summary.mlpRemoved, 3, 100) << " % of the MLP parameters removed, "
              << cell(summary.parametersRemoved, 3, 100) << " % of all)\n";
    if (summary.postRefinePpl)
        std::cout << "  post-refine  perplexity " << cell(summary.postRefinePpl) << "\n";
    std::cout << "  post-KD      perplexity " << cell(summary.postKdPpl) << "   ("
              << (summary.kdSteps ? groupDigits(*summary.kdSteps) : "–") << " steps in "
              << cell(summary.kdSeconds, 3) << " s)\n";
    std::cout << "  protocol     " << summary.protocol << "\n";
    if (const auto& budget = summary.budget; budget && budget->spent)
        std::cout << "  budget       " << groupDigits(budget->tokens) << " token-equivalents, "
                  << groupDigits(std::llround(*budget->spent)) << " spent\n";
    printRecordedAnswers(summary.answers);
}

/// The summary, with run_id, goes to stdout as JSON with `json`, else as a table.
Result<int> conclude(RunId run, const ConsoleSink::Ending& ending, bool json) {
    if (ending.error) return fail(*ending.error);
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

/// Starts a run, or resumes the one with the number `resume`; shows it and waits for its end. Where
/// torchrun has started several processes, all of them work on it.
Result<int> runInSession(const std::string& workspace, const RunSpec& spec, std::int64_t resume,
                         bool json) {
    return inTeamSession(workspace, [&](const ShownSession& shown) -> Result<int> {
        shown.interrupt.onRequest([&] { shown.session.stop(); });
        RunId run(resume);
        if (resume > 0) {
            SKD_CHECK(shown.session.resumeRun(run));
        } else {
            SKD_TRY(run, shown.session.start(spec));
        }
        return conclude(run, shown.console.wait(run), json);
    });
}

struct RunArguments {
    RunSpecArgument spec;
    std::string workspace = defaultWorkspace();
    std::int64_t resume = 0;
    bool dryRun = false;
};

/// A run is resumed as it was begun: what would be ignored is refused.
Status checkResume(const RunArguments& a) {
    if (a.resume == 0) return {};
    if (a.dryRun)
        return fail(ErrorCode::InvalidInput, "--dry-run shows a new run; leave out --resume");
    const std::string given = !a.spec.file.empty()        ? a.spec.file
                              : !a.spec.overrides.empty() ? "--set " + a.spec.overrides.front()
                              : !a.spec.sizes.empty()     ? "--elastic " + a.spec.sizes
                                                          : "";
    if (given.empty()) return {};
    const std::string run = std::to_string(a.resume);
    return fail(ErrorCode::InvalidInput,
                strCat(given, " beside --resume would have no effect: run ", run,
                       " continues with the spec it began with; leave it out, or leave out "
                       "--resume to start a new run (with --set model.path=run:",
                       run, "@STEP from a model that run ", run, " has kept)"));
}

/// What a run would do: its corpus, the texts it is measured on and chooses by, and its time.
Result<int> showRunPlan(const RunSpec& spec, bool json) {
    const std::vector<StageCost> stages = StudyCost(machineSpeed(spec.model)).stages(spec);
    const Json corpus = countCorpus(spec);
    if (json) {
        print({{"name", displayName(spec)},
               {"corpus", corpus},
               {"expected_seconds", totalSeconds(stages)},
               {"teacher_bytes_per_token", teacherBytesPerToken(spec)},
               {"spec", toJson(spec)}},
              true);
        return kDone;
    }
    const EvalSpec& eval = spec.eval;
    std::cout << escapeLine(displayName(spec)) << "\n  model        " << spec.model.path
              << "\n  corpus       " << valueOr(corpus, "text", "") << "\n  perplexity   "
              << enumName(eval.protocol) << " on " << eval.text << "\n  chooses by   "
              << liveSliceName(eval) << "\n  time         about "
              << estimateText(totalSeconds(stages))
              << " at this machine's speed with SmolLM2-135M\n";
    return kDone;
}

Result<int> run(const RunArguments& a, bool json) {
    SKD_CHECK(checkResume(a));
    if (a.resume > 0) return runInSession(a.workspace, {}, a.resume, json);
    SKD_TRY(const RunSpec spec, a.spec.read());
    return a.dryRun ? showRunPlan(spec, json) : runInSession(a.workspace, spec, 0, json);
}

struct PolishArguments {
    std::string workspace = defaultWorkspace(), removed, tokens;
    std::int64_t run = 0;
    std::vector<std::string> overrides;
    bool allSizes = false, dryRun = false;
};

Result<RunSpec> polished(const PolishArguments& a) {
    PolishRequest request{RunId(a.run), 0, 0};
    SKD_TRY(request.removed, percentRemoved(a.removed));
    if (!a.tokens.empty()) {
        SKD_TRY(request.tokens, tokenNumber("--tokens", a.tokens));
    }
    SKD_TRY(const auto store, RunStore::open(a.workspace));
    SKD_TRY(const RunDetails details, store->details(request.run));
    SKD_TRY(const RunSpec spec,
            a.allSizes ? moreTokensSpec(details, request) : polishSpec(details, request));
    return changedSpec(toJson(spec), a.overrides);
}

Result<int> polish(const PolishArguments& a, bool json) {
    SKD_TRY(const RunSpec spec, polished(a));
    return a.dryRun ? showRunPlan(spec, json) : runInSession(a.workspace, spec, 0, json);
}

struct DemoArguments {
    std::string workspace = defaultWorkspace();
    bool full = false, dry = false;
};

Result<int> demo(const DemoArguments& a, bool json) {
    SKD_TRY(const DemoPlan plan, demoPlan(a.full));
    if (json && a.dry) print(toJson(plan), true);
    if (!json) std::cout << describe(plan) << std::flush;
    return a.dry ? kDone : runInSession(a.workspace, plan.spec, 0, json);
}

}  // namespace

void addRun(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand("run", "prune, distil and measure as a spec describes");
    auto a = std::make_shared<RunArguments>();
    a->spec.addTo(command);
    addWorkspace(command, a->workspace);
    command->add_flag("--dry-run", a->dryRun,
                      "show the corpus, the texts and the time it takes, and end");
    addChecked(command, "--resume", a->resume, "resume this run from its last checkpoint",
               atLeast(1))
        ->default_str("");
    table.add(command, [=](bool json) { return run(*a, json); });
    command->footer("Fields of a spec:\n" + fieldHelp(describeRunSpec()));
}

void addPolish(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand(
        "polish", "train one size of an elastic run on by itself, as a run of its own");
    auto a = std::make_shared<PolishArguments>();
    addChecked(command, "RUN", a->run, "number of an elastic run", atLeast(1))->required();
    addWorkspace(command, a->workspace);
    command
        ->add_option("--removed", a->removed,
                     "the size: percentage of the target matrices' parameters removed, e.g. 42")
        ->required();
    command->add_option("--tokens", a->tokens,
                        "tokens to train on, e.g. 200k (default: 7.5 % of the run's, with "
                        "--all-sizes 25 %)");
    command->add_flag("--all-sizes", a->allSizes,
                      "continue the run's factors with all of its sizes, half of them drawn around "
                      "this one");
    command->add_option("--set", a->overrides, "change a field, e.g. distill.learning_rate=1e-4");
    command->add_flag("--dry-run", a->dryRun,
                      "show the corpus, the texts and the time it takes, and end");
    table.add(command, [=](bool json) { return polish(*a, json); });
}

void addDemo(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand("demo",
                                           "prune 15 % of SmolLM2-135M-Instruct's MLP parameters "
                                           "and recover it, live, within ten minutes");
    auto a = std::make_shared<DemoArguments>();
    addWorkspace(command, a->workspace);
    command->add_flag("--full", a->full, "the whole demo, however long this machine needs");
    command->add_flag("--dry-run", a->dry,
                      "print the plan and how long it would take; run nothing");
    table.add(command, [=](bool json) { return demo(*a, json); });
}

}  // namespace skd::cli
