#include "run/scoring.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/verified_file.h"
#include "run/stage_scope.h"

namespace skd {
namespace {

/// In a run's state: what it has spent.
constexpr const char* kSpentKey = "seconds";
constexpr VerifiedFormat kScoreFormat{"sparsekd-score", 1 << 24};

/// The token that stands before windows, where one does: tokenizer_config.json names it, which the
/// tokeniser's hash is not of.
std::string firstToken(const EvalSettings& settings, const EvalText& text) {
    const bool prefixed = settings.protocol == Protocol::LmEvalWikiText;
    const auto token = prefixed ? text.prefix : text.bos;
    if (!token || !(prefixed || settings.bos || settings.textBos)) return "";
    return strCat(" first ", *token);
}

/// The run's summary keeps them, its events need not.
Json withoutBlocks(Json report) {
    report.erase("block_losses");
    return report;
}

}  // namespace

RunState::RunState(std::filesystem::path folder) : m_folder(std::move(folder)) {
    auto json = readVerifiedJson(m_folder / "state.json", kRunStateFormat);
    if (json && json->is_object()) {
        m_stages = std::move(*json);
        readMember(valueOr(m_stages, kSpentKey, Json()), m_spent);
    } else if (json || json.error().code != ErrorCode::NotFound)
        log::warning(
            strCat(json ? (m_folder / "state.json").string() + " is damaged" : json.error().message,
                   "; its figures are measured again"));
}

std::optional<Json> RunState::find(const std::string& stage) const {
    const auto found = m_stages.find(stage);
    return found == m_stages.end() ? std::nullopt : std::optional<Json>(*found);
}

Status RunState::put(const std::string& stage, Json result) {
    m_stages[stage] = std::move(result);
    m_stages[kSpentKey] = memberJson(m_spent);
    SKD_CHECK(createFolders(m_folder));
    return writeVerifiedJson(m_folder / "state.json", kRunStateFormat, m_stages);
}

void RunState::charge(Stage stage, double seconds) {
    const auto found =
        std::ranges::find(m_spent, stageName(stage), &std::pair<std::string, double>::first);
    if (found == m_spent.end())
        m_spent.emplace_back(stageName(stage), seconds);
    else
        found->second += seconds;
}

double secondsOf(const NamedValues<double>& spent, Stage stage) {
    const auto found =
        std::ranges::find(spent, stageName(stage), &std::pair<std::string, double>::first);
    return found == spent.end() ? 0 : found->second;
}

double totalOf(const NamedValues<double>& spent) {
    return std::accumulate(spent.begin(), spent.end(), 0.0,
                           [](double sum, const auto& kind) { return sum + kind.second; });
}

std::optional<Json> ScoreCache::find(const std::string& key) const {
    const std::filesystem::path file = m_folder / (key + ".json");
    auto json = readVerifiedJson(file, kScoreFormat);
    if (!json && json.error().code == ErrorCode::NotFound) return {};
    if (!json || !json->is_object() || valueOr(*json, "key", Json()) != Json(key) ||
        !json->contains("report")) {
        log::warning(file.string() + " is damaged; the perplexity is measured again");
        return {};
    }
    return memberOf(*json, "report");
}

Status ScoreCache::put(const std::string& key, const Json& report) const {
    SKD_CHECK(createFolders(m_folder));
    return writeVerifiedJson(m_folder / (key + ".json"), kScoreFormat,
                             {{"key", key}, {"report", report}});
}

Result<Scorer> Scorer::create(const EvalSpec& spec, const OpenModel& model,
                              const ScoreCache& cache) {
    Scorer scorer(cache);
    SKD_TRY(scorer.m_text, loadEvalText(spec, *model.tokenizer));
    SKD_TRY(scorer.m_settings,
            resolveSettings(spec, scorer.m_text.addsBos, model.decoder.config.maxPositions));
    if (spec.selection.empty()) {
        scorer.m_live = firstTokens(scorer.m_text, spec.liveTokens);
    } else {
        SKD_TRY(scorer.m_live, loadSelectionText(spec, *model.tokenizer));
    }
    SKD_TRY(const auto windows, cutWindows(scorer.m_live, scorer.m_settings));
    return scorer;
}

std::string Scorer::cacheKey(const Decoder& model, const Figure& figure) const {
    const EvalText& text = figure.live ? m_live : m_text;
    return sha256Hex(strCat(
        "score 7 ", figure.modelKey, " ", model.dtypeName(), " ", model.arithmeticName(), " ",
        model.device().str(), " ", at::get_num_threads(), " ", enumName(m_settings.protocol), " ",
        m_settings.context, " ", m_settings.stride, " ", m_settings.bos, " ", m_settings.textBos,
        " ", m_settings.quality, " ", text.scoredSha256, " ", text.textSha256, " ",
        text.tokenizerSha256, " ", text.ids.size(), " ", std::ranges::count(text.unscored, true),
        firstToken(m_settings, text)));
}

Result<std::optional<Score>> Scorer::measure(const Decoder& model, const Figure& figure,
                                             RunState& state, const RunContext& context) const {
    std::optional<Json> report = state.find(figure.name);
    if (!report) {
        if (context.stop.stop_requested()) return std::optional<Score>();
        const std::string key = figure.modelKey.empty() ? "" : cacheKey(model, figure);
        if (!key.empty()) report = m_cache->find(key);
        // What a run is spared because another has measured it counts as if it had.
        if (report) state.charge(Stage::Evaluate, valueOr(*report, "seconds", 0.0));
        if (!report) {
            StageScope stage(context, Stage::Evaluate, figure.label);
            SKD_TRY(const EvalReport measured, m_together ? m_together(model, figure.live)
                                                          : evaluate(model, figure.live, context));
            if (measured.cancelled) return std::optional<Score>();
            report = measured.toJson();
            stage.finish(withoutBlocks(*report));
            if (!key.empty())
                if (const Status saved = m_cache->put(key, *report); !saved)
                    context.log(log::Level::Warning,
                                "the perplexity was not cached: " + saved.error().message);
        }
        SKD_CHECK(state.put(figure.name, *report));
    }
    const auto score = readRecord<Score>(*report);
    if (!figure.metric.empty())
        context.emit(
            MetricBatch{context.run, {{figure.metric, figure.step, valueOrNan(score.ppl)}}});
    return std::optional(score);
}

Result<EvalReport> Scorer::evaluate(const Decoder& model, bool live,
                                    const RunContext& context) const {
    return perplexity(model, live ? m_live : m_text, m_settings, context);
}

Result<double> Scorer::live(const Decoder& model, const RunContext& context) const {
    EvalSettings settings = m_settings;
    settings.quality = false;
    SKD_TRY(const EvalReport report, perplexity(model, m_live, settings, context));
    return report.cancelled ? std::nan("") : report.perplexity;
}

}  // namespace skd
