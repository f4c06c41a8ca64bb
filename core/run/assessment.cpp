#include "run/assessment.h"

#include <cmath>

#include "base/resources.h"
#include "base/text.h"
#include "corpus/corpus.h"
#include "eval/comparison.h"
#include "run/consistency.h"
#include "run/inference.h"
#include "run/stage_scope.h"

namespace skd {
namespace {

/// The perplexity of fewer tokens says nothing.
constexpr std::size_t kLeastDomainTokens = 32;
constexpr const char* kQuality = "quality";

/// The model the run began with, loaded when it is first asked for.
class StartingModel {
public:
    explicit StartingModel(RunWork& work) : m_work(work) {}
    Result<const OpenModel*> get() {
        if (!m_model) {
            SKD_TRY(m_model, m_work.reopen());
        }
        return &*m_model;
    }

private:
    RunWork& m_work;
    std::optional<OpenModel> m_model;
};

/// Another protocol's perplexity of one of the two models; empty when cancelled.
Result<Score> scoreUnder(RunWork& work, const Scorer& scorer, const std::string& protocol,
                         const char* which, const HashedModel& model) {
    const Figure figure{strCat("also.", protocol, ".", which),
                        strCat("ppl.", protocol, ".", which),
                        strCat(protocol, " of the ", which, " model"),
                        0,
                        false,
                        work.keyOf(model.sha256)};
    return work.measure(model.decoder, figure, scorer);
}

Status scoreProtocol(RunWork& work, StartingModel& start, const std::string& name,
                     const Scorer& scorer) {
    SKD_TRY(const OpenModel* model, start.get());
    SKD_TRY(const Score dense, scoreUnder(work, scorer, name, "dense",
                                          {model->decoder, model->summary.weightsSha256}));
    if (work.stopped) return {};
    SKD_TRY(const Score final, scoreUnder(work, scorer, name, "final", work.student));
    if (work.stopped) return {};
    work.summary.also.emplace_back(
        name, ProtocolSummary{describe(scorer.settings()), dense.ppl, final.ppl, dense, final});
    return {};
}

Json withoutCalibration(Json comparison) {
    for (const char* key : {"calibration", "dense_calibration"}) comparison.erase(key);
    return comparison;
}

Status compareQuality(RunWork& work, StartingModel& start) {
    std::optional<Json> known = work.state.find(kQuality);
    if (!known) {
        SKD_TRY(const OpenModel* model, start.get());
        StageScope stage(work.context, Stage::Evaluate,
                         strCat("calibration, and agreement with the starting model, on the ",
                                selectionName(work.spec.eval)));
        SKD_TRY(const QualityReport report,
                compareModels(model->decoder, work.student.decoder, work.scorer->liveText(),
                              work.scorer->settings(), work.context));
        if (report.cancelled) return work.stop();
        known = Json{{"text", liveSliceName(work.spec.eval)},
                     {"tokens", report.tokens},
                     {"dense", report.denseCalibration.toJson()},
                     {"final", report.calibration.toJson()},
                     {"comparison", withoutCalibration(report.toJson())}};
        (*known)["final"]["kl_to_dense"] = std::isfinite(report.kl) ? Json(report.kl) : Json();
        (*known)["final"]["agreement"] = report.agreement;
        stage.finish(*known);
        SKD_CHECK(work.state.put(kQuality, *known));
    }
    work.summary.quality = readRecord<QualitySummary>(*known);
    return {};
}

/// Empty when cancelled.
Result<DomainScores> measureDomains(RunWork& work, const Decoder& model, const std::string& key) {
    StageScope stage(work.context, Stage::Evaluate,
                     "perplexity on held-out text of each corpus share");
    SKD_TRY(const std::vector<DomainReport> reports,
            evaluateDomains(model, work.domains, work.scorer->settings(), work.context));
    DomainScores scores;
    NamedValues<std::optional<double>> perplexities;
    for (const DomainReport& report : reports) {
        if (report.eval.cancelled) {
            work.stopped = true;
            return DomainScores();
        }
        scores.emplace_back(
            report.name,
            DomainScore{finiteOrNone(report.eval.perplexity), report.eval.blockLosses, {}});
        perplexities.emplace_back(report.name, scores.back().second.ppl);
    }
    stage.finish(memberJson(perplexities));
    SKD_CHECK(work.state.put(key, memberJson(scores)));
    return scores;
}

}  // namespace

Result<std::vector<DomainText>> heldOutDomains(const RunWork& work) {
    std::vector<DomainText> domains;
    if (work.spec.eval.domainTokens == 0) return domains;
    SKD_TRY(const std::filesystem::path resources, resourceFolder());
    SKD_TRY(std::vector<HeldOutText> texts,
            heldOut(work.spec.corpus, work.context.seed, *work.model.tokenizer, resources,
                    work.spec.eval.domainTokens));
    for (HeldOutText& text : texts) {
        if (text.ids.size() < kLeastDomainTokens)
            work.context.log(log::Level::Warning,
                             strCat("share ", text.name,
                                    " is too small to hold out text of it; it is not scored"));
        else
            domains.push_back({text.name, std::move(text.ids), work.scorer->text().bos,
                               std::move(text.unscored)});
    }
    return domains;
}

Result<DomainScores> scoreDomains(RunWork& work, const Decoder& model, const std::string& key,
                                  std::int64_t step) {
    DomainScores scores;
    if (work.domains.empty() || work.stopped) return scores;
    if (const auto known = work.state.find(key)) {
        readMember(*known, scores);
    } else {
        SKD_TRY(scores, measureDomains(work, model, key));
    }
    if (work.stopped) return DomainScores();
    MetricBatch batch{work.context.run, {}};
    for (const auto& [name, score] : scores)
        batch.points.push_back({"ppl.domain." + name, step, valueOrNan(score.ppl)});
    work.context.emit(std::move(batch));
    return scores;
}

Result<std::vector<std::pair<std::string, Scorer>>> extraScorers(const RunWork& work) {
    std::vector<std::pair<std::string, Scorer>> scorers;
    for (const std::string& name : work.spec.eval.also) {
        EvalSpec spec = work.spec.eval;
        parseEnum(name, spec.protocol);
        spec.context = spec.stride = spec.liveTokens = 0;
        spec.selection.clear();  // nothing is chosen by them
        auto scorer = Scorer::create(spec, work.model, work.scores);
        if (!scorer) return fail(scorer.error().in(strCat("eval.also ", name)));
        scorers.emplace_back(name, std::move(*scorer));
    }
    return scorers;
}

Status assessFinal(RunWork& work) {
    StartingModel start(work);
    for (const auto& [name, scorer] : work.extraScorers) {
        if (work.isStopped()) return {};
        SKD_CHECK(scoreProtocol(work, start, name, scorer));
    }
    if (!work.isStopped() && work.spec.eval.quality) SKD_CHECK(compareQuality(work, start));
    if (!work.isStopped() && hasInferenceLeft(work)) {
        SKD_TRY(const OpenModel* model, start.get());
        SKD_CHECK(timeInference(work, model->decoder));
    }
    addInference(work.state, work.summary);
    if (!work.isStopped() && isConsistencyLeft(work)) {
        SKD_TRY(const OpenModel* model, start.get());
        SKD_CHECK(askRepeatedly(work, *model));
    }
    addConsistency(work.state, work.summary);
    return {};
}

}  // namespace skd
