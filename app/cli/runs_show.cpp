#include "cli/runs_show.h"

#include <cmath>
#include <iostream>

#include "base/record.h"
#include "cli/command.h"
#include "report/elastic_table.h"
#include "report/report.h"
#include "store/answer_events.h"
#include "store/ramp_curves.h"
#include "store/run_forecast.h"

namespace skd::cli {
namespace {

Result<Json> rampsOf(const RunStore& store, const RunDetails& details) {
    const RunId run = details.row.id;
    SKD_TRY(const Series rates, store.series(run, "kd.ramp_rate"));
    SKD_TRY(const Series losses, store.series(run, "kd.ramp_loss"));
    SKD_TRY(const Series means, store.series(run, "kd.ramp_smoothed"));
    SKD_TRY(const Series chosen, store.series(run, "kd.ramp_chosen"));
    Json ramps = Json::array();
    for (const RampCurve& ramp : rampCurves({rates, losses, means, chosen}, details.summary))
        ramps.push_back({{"rate", finiteOrNull(ramp.chosen)},
                         {"reason", ramp.reason},
                         {"rates", ramp.rates},
                         {"losses", ramp.losses},
                         {"smoothed", ramp.smoothed}});
    return ramps;
}

Json forecastJson(const RecoveryForecast& forecast) {
    return {{"perplexity", forecast.target},
            {"tokens_trained", forecast.trained},
            {"reached_at", memberJson(forecast.reachedAt)},
            {"tokens", finiteOrNull(forecast.tokens.tokens)},
            {"tokens_low", finiteOrNull(forecast.tokens.low)},
            {"tokens_high", finiteOrNull(forecast.tokens.high)},
            {"flattens_at", forecast.floor}};
}

/// What stands beside the figures of the run list, where there is any of it.
Status addFindings(const RunStore& store, const RunDetails& details, Json& json) {
    SKD_TRY(const std::vector<EventRow> events, store.events(details.row.id));
    const std::vector<AnswerSet> answers = knownAnswers(details.summary, events);
    if (!answers.empty()) json["answers"] = memberJson(answers);
    SKD_TRY(const Json ramps, rampsOf(store, details));
    if (!ramps.empty()) json["ramps"] = ramps;
    SKD_TRY(const auto forecast, forecastOf(store, details));
    if (forecast) json["forecast"] = forecastJson(*forecast);
    return {};
}

std::string indented(std::string text) {
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 7)
        text.insert(at + 1, "      ");
    return text;
}

void printRamps(const Json& ramps) {
    for (const Json& ramp : ramps) {
        std::cout << "\nlearning rate ";
        if (memberOf(ramp, "rate").is_number())
            std::cout << formatNumber(valueOr(ramp, "rate", 0.0), 3);
        else
            std::cout << "not known";
        std::cout << ", from a ramp of " << memberOf(ramp, "rates").size() << " steps";
        if (!valueOr(ramp, "reason", "").empty()) std::cout << ": " << valueOr(ramp, "reason", "");
        std::cout << "\n";
    }
}

void printForecast(const Json& forecast) {
    const auto tokens = [&](const char* key) {
        return groupDigits(std::llround(valueOr(forecast, key, 0.0)));
    };
    std::cout << "\ndense level (" << formatNumber(valueOr(forecast, "perplexity", 0.0), 4) << ") ";
    if (memberOf(forecast, "reached_at").is_number())
        std::cout << "reached after " << tokens("reached_at") << " tokens\n";
    else if (!memberOf(forecast, "tokens").is_number())
        std::cout << "not reached: the curve flattens at "
                  << formatNumber(valueOr(forecast, "flattens_at", 0.0), 4) << "\n";
    else
        std::cout << "after about " << tokens("tokens") << " tokens (" << tokens("tokens_low")
                  << (memberOf(forecast, "tokens_high").is_number()
                          ? strCat(" to ", tokens("tokens_high"))
                          : " or more")
                  << ") by the curve of " << tokens("tokens_trained") << "\n";
}

/// How the run's last model does on published tasks, and the one it started from.
void printTaskFigures(const RunSummary& summary) {
    const auto figures = taskFigures(summary);
    if (!figures.empty()) std::cout << "\ntasks:\n";
    for (const auto& [name, figure] : figures)
        std::cout << "  " << escapeLine(name) << ": " << figure << "\n";
}

}  // namespace

Json rowJson(const RunRow& row) {
    return {{"run_id", row.id.value()},
            {"name", row.name},
            {"status", runStatusName(row.status)},
            {"model", row.model},
            {"seed", row.seed},
            {"dense_ppl", numberJson(row.densePpl)},
            {"post_prune_ppl", numberJson(row.postPrunePpl)},
            {"post_kd_ppl", numberJson(row.postKdPpl)},
            {"mlp_removed", row.mlpRemoved},
            {"parameters_removed", row.parametersRemoved},
            {"notes", row.notes},
            {"tags", row.tags},
            {"color", row.color},
            {"stop_reason", row.stopReason},
            {"error", row.error},
            {"deleted", row.deleted},
            {"damaged", row.damaged}};
}

void printRecordedAnswers(const std::vector<AnswerSet>& sets) {
    for (const AnswerSet& set : sets) {
        std::cout << "\nanswers, " << answerTitle(set, sets) << ":\n";
        for (const RecordedAnswer& answer : set.answers)
            std::cout << "  " << indented(answer.prompt) << "\n    → " << indented(answer.text)
                      << (answer.ended == "stop" ? "" : strCat(" [", answer.ended, "]")) << "\n";
    }
}

Result<Json> showRun(const std::filesystem::path& workspace, RunId run) {
    SKD_TRY(const auto store, RunStore::open(workspace));
    SKD_TRY(const RunDetails details, store->details(run));
    SKD_TRY(const std::vector<std::string> names, store->metricNames(run));
    SKD_TRY(const std::vector<RankRow> ranks, store->ranks(run));
    Json json = rowJson(details.row);
    json["spec"] = details.spec;
    json["environment"] = details.environment;
    json["summary"] = toJson(details.summary);
    for (const std::string& name : names) {
        SKD_TRY(const Series series, store->series(run, name));
        Json points = Json::array();
        for (std::size_t i = 0; i < series.steps.size(); ++i)
            points.push_back({series.steps[i], numberJson(series.values[i])});
        json["metrics"][name] = points;
    }
    for (const RankRow& row : ranks) json["ranks"][row.matrix] = row.rank;
    SKD_CHECK(addFindings(*store, details, json));
    return json;
}

void printRunRecord(const Json& run) {
    Json plain = run;
    for (const char* key : {"answers", "ramps", "forecast"}) plain.erase(key);
    const RunSummary summary = readRunSummary(memberOf(plain, "summary"));
    if (memberOf(plain, "summary").is_object())
        for (const char* key : {"answers", "elastic", "tasks"}) plain["summary"].erase(key);
    print(plain, false);
    if (summary.elastic) std::cout << "\n" << toConsole(sizesTable(*summary.elastic));
    std::vector<AnswerSet> answers;
    if (run.contains("answers")) readMember(memberOf(run, "answers"), answers);
    printRecordedAnswers(answers);
    printTaskFigures(summary);
    if (run.contains("ramps")) printRamps(memberOf(run, "ramps"));
    if (run.contains("forecast")) printForecast(memberOf(run, "forecast"));
}

}  // namespace skd::cli
