#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>

#include "cli/cluster/engine_study.h"
#include "cli/commands.h"
#include "cli/field_help.h"
#include "cli/session_runner.h"
#include "report/report.h"
#include "requests/corpus_tools.h"
#include "spec/json_writer.h"
#include "spec/presets.h"
#include "spec/study_scale.h"
#include "study/run_estimate.h"
#include "study/study_cost.h"
#include "study/study_runner.h"

namespace skd::cli {
namespace {

struct StudyArguments {
    std::string study, workspace = defaultWorkspace(), model;
    double scale = 0;
    std::vector<std::int64_t> seeds;
    std::string budget;
    std::optional<double> target;
    std::vector<std::string> overrides, rates;
    EngineArguments engine;
    bool dryRun = false, list = false;
};

Result<StudySpec> named(const std::string& name) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(name, ignored)) return readStudySpec(name);
    SKD_TRY(const std::vector<StudySpec> all, shippedStudies());
    std::vector<std::string> names;
    for (const StudySpec& study : all) {
        if (study.name == name) return study;
        names.push_back(study.name);
    }
    return fail(ErrorCode::NotFound,
                strCat("there is no study \"", name, "\"", didYouMean(name, names),
                       " Give a file, or one of ", joined(names)));
}

/// Overrides hold for every variant: they go into the base, and out of the variants' own fields.
Status applyToAll(StudySpec& study, const std::string& assignment) {
    const std::string field = assignment.substr(0, assignment.find('='));
    Json spec = Json::object();
    SKD_CHECK(applyOverride(spec, assignment));
    const Json value = valueAt(spec, field);
    if (value.is_null())
        return fail(
            ErrorCode::InvalidInput,
            strCat("\"", field, "\": give the whole list in a study, such as corpus.shares=[...]"));
    study.base[field] = value;
    for (StudyVariant& variant : study.variants) variant.overrides.erase(field);
    return {};
}

/// Every run at every one of these learning rates; the report takes each arm's best.
void setRates(StudySpec& study, const std::vector<std::string>& rates) {
    Json values = Json::array();
    for (const std::string& rate : rates)
        if (const auto number = parseNumber<double>(rate))
            values.push_back(*number);
        else
            values.push_back(rate);
    study.grid["distill.learning_rate"] = values;
    for (StudyVariant& variant : study.variants) variant.overrides.erase("distill.learning_rate");
}

Status applySizes(StudySpec& study, const StudyArguments& a) {
    if (!a.budget.empty()) {
        SKD_TRY(const std::int64_t tokens, tokenNumber("--budget", a.budget, "token-equivalents"));
        SKD_CHECK(applyToAll(study, strCat("distill.budget=", tokens)));
    }
    if (a.target) SKD_CHECK(applyToAll(study, strCat("prune.target=", *a.target)));
    if (!a.rates.empty()) setRates(study, a.rates);
    return {};
}

Result<StudySpec> specOf(const StudyArguments& a) {
    SKD_TRY(StudySpec study, named(a.study));
    if (a.scale > 0) study.scale = a.scale;
    if (!a.seeds.empty()) study.seeds = a.seeds;
    if (!a.model.empty()) SKD_CHECK(applyToAll(study, "model.path=" + a.model));
    SKD_CHECK(applySizes(study, a));
    for (const std::string& assignment : a.overrides) SKD_CHECK(applyToAll(study, assignment));
    return parseStudySpec(toJson(study));  // held to the same rules as a file
}

Result<int> list(bool json) {
    SKD_TRY(const std::vector<StudySpec> all, shippedStudies());
    Json array = Json::array();
    for (const StudySpec& study : all) {
        SKD_TRY(const StudyPlan plan, planStudy(study));
        array.push_back({{"name", study.name},
                         {"title", study.title},
                         {"about", study.about},
                         {"runs", plan.runs.size()}});
        if (!json)
            std::cout << study.name << "\t" << plan.runs.size() << " runs\t" << study.title << "\n";
    }
    if (json) print({{"studies", array}}, true);
    return kDone;
}

/// Optimiser steps that a run's budget is expected to pay for here; 0 without a budget.
std::int64_t budgetSteps(const RunSpec& spec) {
    if (spec.distill.budget == 0) return 0;
    std::int64_t steps = 0;
    for (const StageCost& stage : StudyCost(machineSpeed(spec.model)).stages(spec))
        steps += stage.steps;
    return steps;
}

/// That of all runs; 0 where they have none or several.
std::int64_t budgetOf(const StudyPlan& plan) {
    const std::int64_t budget = plan.runs.empty() ? 0 : plan.runs.front().spec.distill.budget;
    const bool same = std::all_of(plan.runs.begin(), plan.runs.end(), [&](const PlannedRun& run) {
        return run.spec.distill.budget == budget;
    });
    return same ? budget : 0;
}

/// The corpora of a plan's runs; runs that differ in nothing that decides one share it.
class PlannedCorpora {
public:
    /// Runs are added in their order; the record of the run's corpus.
    const Json& add(const RunSpec& asked) {
        RunSpec spec = asked;
        spec.seed = 0;  // decides which samples are drawn, not how many there are
        const RunSpec worked = withControl(spec);
        const std::string key = dumpJson({specToJson(worked.corpus), samplesOf(worked),
                                          worked.model.path, worked.eval.domainTokens > 0});
        const auto [found, isNew] = m_byKey.try_emplace(key);
        if (isNew) {
            found->second = {m_texts.size(), countCorpus(spec)};
            m_texts.emplace_back(valueOr(found->second.second, "text", ""), 0);
        }
        ++m_texts[found->second.first].second;
        return found->second.second;
    }
    void print() const {
        for (const auto& [text, runs] : m_texts)
            std::cout << (m_texts.size() == 1 ? std::string("corpus")
                                              : strCat("corpus of ", runs, " runs"))
                      << ": " << text << "\n";
    }

private:
    std::map<std::string, std::pair<std::size_t, Json>> m_byKey;
    std::vector<std::pair<std::string, std::int64_t>> m_texts;
};

Result<int> showPlan(const StudySpec& study, bool json) {
    SKD_TRY(const StudyPlan plan, planStudy(study));
    const std::vector<double> seconds = expectedSecondsHere(plan);
    PlannedCorpora corpora;
    double total = 0;
    Json runs = Json::array();
    for (std::size_t i = 0; i < plan.runs.size(); ++i) {
        const PlannedRun& run = plan.runs[i];
        total += seconds[i];
        runs.push_back({{"variant", run.variant},
                        {"seed", run.seed},
                        {"needs", run.needs},
                        {"expected_seconds", seconds[i]},
                        {"teacher_bytes_per_token", teacherBytesPerToken(run.spec)},
                        {"corpus", corpora.add(run.spec)},
                        {"spec", toJson(run.spec)}});
        const std::int64_t steps = budgetSteps(run.spec);
        if (steps > 0) runs.back()["expected_steps"] = steps;
        if (!json)
            std::cout << i + 1 << "\t" << escapeLine(run.spec.name) << "\t"
                      << estimateText(seconds[i])
                      << (steps > 0 ? strCat("\tabout ", groupDigits(steps), " steps") : "")
                      << "\n";
    }
    if (json) {
        print({{"study", study.name},
               {"scale", study.scale},
               {"runs", runs},
               {"expected_seconds", total}},
              true);
        return kDone;
    }
    std::cout
        << plan.runs.size() << " runs, at most " << estimateText(total)
        << " at this machine's speed with SmolLM2-135M; larger models take longer in proportion\n";
    if (const std::int64_t budget = budgetOf(plan); budget > 0)
        std::cout
            << "each run has a budget of " << groupDigits(budget)
            << " token-equivalents; its number of steps is an estimate, which the run measures "
               "and settles\n";
    corpora.print();
    if (study.scale < 1) {
        std::cout << "scale " << study.scale << ": " << scaleRule() << "\n";
        for (const std::string& change : changesByScale(study)) std::cout << "  " << change << "\n";
    }
    return kDone;
}

/// What is done with a run of the plan: before it, for display, and afterwards, in the outcome.
struct ActionText {
    const char *before, *after;
};
ActionText textOf(StudyAction action) {
    static constexpr std::array<ActionText, 4> kTexts{{{"run", "started"},
                                                       {"resume", "resumed"},
                                                       {"already complete:", "reused"},
                                                       {"skipped:", "skipped"}}};
    return kTexts[static_cast<std::size_t>(action)];
}

void announce(const StudyStep& step) {
    std::cerr << "[" << step.index + 1 << "/" << step.total << "] " << textOf(step.action).before
              << " " << escapeLine(step.planned->spec.name);
    if (step.action == StudyAction::Start || step.action == StudyAction::Resume)
        std::cerr << "  (about " << estimateText(step.secondsLeft) << " left for the study)";
    std::cerr << "\n";
}

Json outcomeJson(const StudySpec& study, const StudyOutcome& outcome, const StudyPlan& plan) {
    Json runs = Json::array();
    for (std::size_t i = 0; i < outcome.runs.size(); ++i) {
        const StudyRunResult& run = outcome.runs[i];
        runs.push_back({{"run_id", run.run.value()},
                        {"variant", plan.runs[i].variant},
                        {"seed", plan.runs[i].seed},
                        {"action", textOf(run.action).after},
                        {"outcome", enumName(run.outcome)},
                        {"reason", run.reason},
                        {"summary", run.summary ? toJson(*run.summary) : Json()}});
    }
    return {{"study_id", outcome.study.value()},
            {"study", study.name},
            {"scale", study.scale},
            {"cancelled", outcome.cancelled},
            {"runs", runs}};
}

void printStudy(const std::string& workspace, StudyId id) {
    const auto store = RunStore::open(workspace);
    if (!store) return;
    const auto results = loadStudy(**store, id);
    if (!results) return;
    const Report report = makeReport(*results);
    std::cout << toConsole(report.main);
    for (const std::string& finding : report.findings) std::cout << "• " << finding << "\n";
    for (const Criterion& c : report.criteria)
        std::cout << enumName(c.verdict) << ": " << escapeLine(c.name) << "\n";
}

Result<int> conclude(const StudySpec& study, const StudyOutcome& outcome,
                     const std::string& workspace, bool json) {
    SKD_TRY(const StudyPlan plan, planStudy(study));
    if (json) print(outcomeJson(study, outcome, plan), true);
    if (!json) printStudy(workspace, outcome.study);
    for (std::size_t i = 0; i < outcome.runs.size(); ++i)
        if (outcome.runs[i].outcome == Outcome::Failed)
            std::cerr << "sparsekd: " << escapeLine(plan.runs[i].spec.name) << ": "
                      << escapeLine(outcome.runs[i].reason) << "\n";
    if (outcome.cancelled) std::cerr << "the study was stopped; the same command resumes it\n";
    if (outcome.cancelled) return kCancelled;
    return outcome.count(Outcome::Completed) == plan.runs.size() ? kDone : kFailed;
}

Result<int> run(const StudySpec& study, const std::string& workspace, bool json) {
    return inSession(workspace, [&](const ShownSession& shown) -> Result<int> {
        StudyRunner runner(shown.session, workspace, study);
        shown.interrupt.onRequest([&] { runner.stop(); });
        const auto outcome = runner.run(announce);
        shown.interrupt.onRequest({});
        if (!outcome) return fail(outcome.error());
        return conclude(study, *outcome, workspace, json);
    });
}

Result<int> study(const StudyArguments& a, bool json) {
    if (a.list) return list(json);
    if (a.study.empty())
        return fail(ErrorCode::InvalidInput,
                    "give a study: a preset's name (--list shows them) or a file");
    SKD_CHECK(a.engine.check());
    SKD_TRY(const StudySpec spec, specOf(a));
    if (!a.dryRun && !a.engine.engine.empty())
        return studyOnEngine(spec, a.workspace, a.engine, json, [&](const StudyOutcome& outcome) {
            return conclude(spec, outcome, a.workspace, json);
        });
    return a.dryRun ? showPlan(spec, json) : run(spec, a.workspace, json);
}

}  // namespace

void addStudy(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand("study",
                                           "runs that belong together: a table of the paper, or a "
                                           "study file; resumes where it stopped");
    auto a = std::make_shared<StudyArguments>();
    command->add_option("STUDY", a->study, "preset or study file (JSON)");
    command->add_flag("--list", a->list, "show the presets");
    addWorkspace(command, a->workspace);
    addChecked(command, "--scale", a->scale,
               "share of the corpus; steps, batch and texts shrink with it", CLI::Range(1e-6, 1.0))
        ->default_str("");
    command->add_option("--model", a->model, "model of every run instead of the preset's");
    command->add_option("--seeds", a->seeds, "seeds instead of the preset's, e.g. 42,123")
        ->delimiter(',');
    command->add_option("--budget", a->budget,
                        "distill.budget of every run, in token-equivalents: 150k, 1m, 4m");
    addChecked(command, "--target", a->target, "prune.target of every run", CLI::Range(0.0, 0.99));
    command
        ->add_option("--grid", a->rates,
                     "learning rates at each of which every run is made, e.g. 1e-4,3e-4,rule")
        ->delimiter(',');
    command->add_option("--set", a->overrides, "change a field of every run, e.g. distill.alpha=1");
    a->engine.addTo(command);
    command->add_flag("--dry-run", a->dryRun, "show the runs and the time they take, and end");
    table.add(command, [=](bool json) { return study(*a, json); });
    command->footer("Fields of a study:\n" + fieldHelp(describeStudySpec()));
}

}  // namespace skd::cli
