#include "run/pipeline.h"

#include "base/hash.h"
#include "base/resources.h"
#include "base/text.h"
#include "model/random_init.h"
#include "requests/tools.h"
#include "run/assessment.h"
#include "run/round.h"
#include "run/stage_scope.h"

namespace skd {
namespace {

/// Reason of a run that the person has stopped: an outcome, not an error.
constexpr const char* kStopped = "stopped";
constexpr const char* kSummary = "summary";

class Pipeline {
public:
    Pipeline(const RunSpec& spec, const RunPaths& paths, const RunContext& context)
        : m_work(spec, paths, context) {}

    Result<PipelineResult> execute(const std::function<Status(const Json&)>& onModel) {
        SKD_CHECK(load(onModel));
        if (const auto summary = m_work.state.find(kSummary)) return finished(*summary);
        SKD_CHECK(scoreDense());
        SKD_CHECK(buildTheCorpus());
        SKD_CHECK(scoreDenseDomains());
        SKD_CHECK(openTeacher());
        SKD_CHECK(prepareStudent());
        SKD_CHECK(runRounds());
        if (!m_work.stopped) SKD_CHECK(assessFinal(m_work));
        return conclude();
    }

private:
    Status load(const std::function<Status(const Json&)>& onModel) {
        StageScope stage(m_work.context, Stage::Load, strCat("load ", m_work.spec.model.path));
        m_work.threads = setThreads(m_work.spec.model.threads);
        SKD_TRY(m_work.model, openModel(m_work.spec.model, &m_work.paths));
        SKD_TRY(m_work.scorer, Scorer::create(m_work.spec.eval, m_work.model, m_work.scores));
        SKD_TRY(m_work.alsoScorers, alsoScorers(m_work));
        m_work.dense = denseReference(m_work.model.decoder, m_work.spec.prune);
        if (m_work.model.about.is_object())
            m_work.dense = DenseReference::fromJson(m_work.model.about.value("dense", Json()),
                                                    m_work.spec.prune)
                               .value_or(m_work.dense);
        Json environment = environmentRecord();
        environment["dtype"] = m_work.model.decoder.dtypeName();
        environment["arithmetic"] = m_work.arithmetic = m_work.model.decoder.arithmeticName();
        environment["model_sha256"] = m_work.model.summary.weightsSha256;
        environment["tokenizer_sha256"] = m_work.model.summary.tokenizerSha256;
        environment["text_sha256"] = m_work.scorer->text().textSha256;
        SKD_CHECK(onModel(environment));
        stage.finish({{"parameters", m_work.model.summary.totalParameters}});
        return {};
    }

    /// The dense perplexity, and where the run goes on with a pruned model, that model's as well.
    Status scoreDense() {
        const std::string& sha = m_work.model.summary.weightsSha256;
        const Json origin = m_work.model.about.is_object()
                                ? m_work.model.about.value("dense_score", Json())
                                : Json();
        if (isComparable(origin)) {
            m_work.figures["dense"] = origin;
            m_work.context.emit(
                MetricBatch{m_work.context.run, {{"ppl.dense", 0, perplexityOf(origin)}}});
            SKD_CHECK(m_work.measure(
                m_work.model.decoder,
                {"start", "ppl.start", "perplexity of the model it starts from", 0, false, sha}));
        } else {
            SKD_CHECK(m_work.measure(m_work.model.decoder,
                                     {"dense", "ppl.dense", "dense perplexity", 0, false, sha}));
        }
        if (m_work.stopped) return {};
        if (m_work.scorer->liveText().ids.size() != m_work.scorer->text().ids.size())
            return m_work.measure(m_work.model.decoder,
                                  {"dense_live", "ppl.dense_live",
                                   "dense perplexity on the live slice", 0, true, sha});
        m_work.context.emit(MetricBatch{
            m_work.context.run, {{"ppl.dense_live", 0, perplexityOf(m_work.figures["dense"])}}});
        return {};
    }

    /// Perplexities are compared within one protocol, text and length alone.
    [[nodiscard]] bool isComparable(const Json& score) const {
        if (!score.is_object()) return false;
        const EvalText& text = m_work.scorer->text();
        return score.value("protocol", std::string()) ==
                   enumName(m_work.scorer->settings().protocol) &&
               score.value("text_sha256", std::string()) == text.textSha256 &&
               score.value("tokens", std::int64_t{-1}) ==
                   static_cast<std::int64_t>(text.ids.size()) &&
               score.value("context", std::int64_t{-1}) == m_work.scorer->settings().context &&
               score.value("stride", std::int64_t{-1}) == m_work.scorer->settings().stride;
    }

    [[nodiscard]] bool distils() const {
        return m_work.spec.distill.steps > 0 || !m_work.spec.schedule.rounds.empty();
    }

    Status buildTheCorpus() {
        if (m_work.isStopped() || (!distils() && m_work.spec.prune.method == PruneMethod::None))
            return {};
        SKD_TRY(const std::filesystem::path resources, resourceFolder());
        CorpusOptions options{.heldOutTokens = m_work.spec.eval.domainTokens};
        options.cancelled = [this] { return m_work.context.cancelled(); };
        SKD_TRY(m_work.corpus, buildCorpus(m_work.spec.corpus, m_work.context.seed,
                                           *m_work.model.tokenizer, resources, options));
        if (m_work.corpus->samples() == 0) return m_work.stop();
        m_work.figures["corpus"] = m_work.corpus->toJson();
        return {};
    }

    Status scoreDenseDomains() {
        if (!m_work.corpus || m_work.isStopped()) return {};
        SKD_TRY(m_work.domains, heldOutDomains(m_work));
        SKD_TRY(m_denseDomains, scoreDomains(m_work, m_work.model.decoder, "dense.domains", 0));
        return {};
    }

    Status openTeacher() {
        if (m_work.isStopped() || !distils()) return {};
        SKD_TRY(m_teacher, TeacherSource::open(m_work));
        return m_teacher.prepare(m_work);
    }

    Status prepareStudent() {
        if (m_work.stopped) return {};
        m_work.student = {m_work.model.decoder.clone(), m_work.model.summary.weightsSha256};
        m_work.model.decoder = Decoder();
        if (m_work.spec.teacher.student == StudentStart::Fresh) {
            initialiseRandomly(m_work.student.decoder, m_work.context.seed);
            m_work.student.sha256 =
                sha256Hex(strCat("fresh ", m_work.student.sha256, " ", m_work.context.seed));
        }
        return {};
    }

    Status runRounds() {
        const std::vector<RoundSpec> rounds = roundsOf(m_work.spec);
        for (std::size_t i = 0; i < rounds.size() && !m_work.isStopped(); ++i) {
            if (i > 0 && m_work.spec.schedule.recache) {
                m_teacher.replace({m_work.student.decoder.clone(), m_work.student.sha256}, i);
                SKD_CHECK(m_teacher.prepare(m_work));
                if (m_work.stopped) return {};
            }
            SKD_TRY(const std::optional<Json> report,
                    runRound(m_work, i + 1, rounds[i], m_teacher));
            if (!report) return {};
            m_rounds.push_back(*report);
            if (!report->value("rolled_back", false)) continue;
            m_work.reason =
                strCat("round ", i + 1, " was rolled back: its cut moved the output by ",
                       dumpJson((*report)["gate_kl"]), " nats per token, the limit is ",
                       m_work.spec.schedule.gateKl);
            break;
        }
        return {};
    }

    Result<PipelineResult> conclude() {
        if (m_work.stopped) return PipelineResult{Outcome::Cancelled, kStopped, summary()};
        SKD_CHECK(keepModels());
        const Json result = summary();
        SKD_CHECK(m_work.conclude(kSummary, {{"reason", m_work.reason}, {"summary", result}}));
        tidy();
        return PipelineResult{Outcome::Completed, m_work.reason, result};
    }

    void tidy() const {
        m_work.files.tidy(m_work.spec.keep == Keep::Checkpoints, m_work.spec.keep != Keep::Nothing);
    }

    /// An earlier attempt did everything but say so.
    Result<PipelineResult> finished(const Json& state) {
        tidy();
        return PipelineResult{Outcome::Completed, state.value("reason", m_work.reason),
                              state.value("summary", Json::object())};
    }

    Status keepModels() {
        if (m_work.spec.keep == Keep::Nothing) return {};
        return writeDecoder(m_work.files.final(), m_work.student.decoder,
                            m_work.about(m_rounds.size()));
    }

    [[nodiscard]] Json summary() const {
        Json s;
        s["name"] = displayName(m_work.spec);
        s["protocol"] = describe(m_work.scorer->settings());
        s["dense_ppl"] = figure("dense", "ppl");
        if (m_work.figures.contains("start")) s["start_ppl"] = figure("start", "ppl");
        s["dense_standard_error"] = figure("dense", "standard_error");
        addLastRound(s);
        s["corpus_sha256"] = figure("corpus", "sha256");
        s["teacher_sha256"] = figure("teacher", "sha256");
        s["threads"] = m_work.threads;
        s["arithmetic"] = m_work.arithmetic;
        Json rounds = Json::array();
        for (const Json& report : m_rounds) rounds.push_back(report);
        s["rounds"] = std::move(rounds);
        s["domains"] = domains();
        for (const char* key : {"also", "quality"}) s[key] = m_work.figures.value(key, Json());
        s["lineage"] = lineage();
        return s;
    }

    /// The figures of the run list: of the last round that was not rolled back.
    void addLastRound(Json& s) const {
        const bool dense = m_work.spec.prune.method == PruneMethod::None;
        s["mlp_removed"] = s["parameters_removed"] = s["target_removed"] = s["bytes_removed"] =
            dense ? Json(0.0) : Json();
        for (const char* key : {"post_prune_ppl", "post_kd_ppl", "post_kd_standard_error",
                                "parameters", "kd_steps", "kd_seconds", "best_step"})
            s[key] = Json();
        double seconds = 0;
        for (const Json& round : m_rounds) {
            for (const char* key : {"mlp_removed", "parameters_removed", "target_removed",
                                    "bytes_removed", "parameters", "best_step"})
                s[key] = round[key];
            if (!round["pre_kd_ppl"].is_null()) s["post_prune_ppl"] = round["pre_kd_ppl"];
            if (round["seconds"].is_null()) continue;
            s["post_kd_ppl"] = round["post_kd_ppl"];
            s["post_kd_standard_error"] = round["post_kd_standard_error"];
            s["kd_steps"] =
                round["first_step"].get<std::int64_t>() + round["steps"].get<std::int64_t>();
            s["kd_seconds"] = seconds += round["seconds"].get<double>();
        }
    }

    /// Held-out domains before pruning, and around the last cut that was not rolled back.
    [[nodiscard]] Json domains() const {
        Json all = Json::array();
        if (!m_denseDomains.is_object()) return all;
        for (const auto& [name, dense] : m_denseDomains.items()) {
            Json domain{{"name", name},
                        {"dense_ppl", dense},
                        {"post_prune_ppl", Json()},
                        {"post_kd_ppl", Json()}};
            for (const Json& round : m_rounds) {
                if (round["pre_kd_domains"].is_object())
                    domain["post_prune_ppl"] = round["pre_kd_domains"].value(name, Json());
                if (round["post_kd_domains"].is_object())
                    domain["post_kd_ppl"] = round["post_kd_domains"].value(name, Json());
            }
            all.push_back(std::move(domain));
        }
        return all;
    }

    [[nodiscard]] Json lineage() const {
        Json json{{"model", m_work.spec.model.path},
                  {"parent_run", Json()},
                  {"parent_step", Json()},
                  {"teacher", m_teacher.record().is_object() ? m_teacher.record() : Json()},
                  {"student", enumName(m_work.spec.teacher.student)},
                  {"control", enumName(m_work.spec.control)}};
        if (!m_work.model.about.is_object()) return json;
        json["parent_run"] = m_work.model.about.value("run", Json());
        json["parent_step"] = m_work.model.about.value("step", Json());
        json["chain"] = m_work.model.about.value("chain", Json::array());
        return json;
    }

    [[nodiscard]] Json figure(const char* stage, const char* key) const {
        const auto found = m_work.figures.find(stage);
        return found != m_work.figures.end() && found->contains(key) ? (*found)[key] : Json();
    }

    RunWork m_work;
    TeacherSource m_teacher;
    Json m_denseDomains;
    std::vector<Json> m_rounds;
};

}  // namespace

Result<PipelineResult> runPipeline(const RunSpec& spec, const RunPaths& paths,
                                   const RunContext& context,
                                   const std::function<Status(const Json&)>& onModel) {
    SKD_CHECK(validate(spec));
    return Pipeline(spec, paths, context).execute(onModel);
}

}  // namespace skd
