#include "run/pipeline.h"

#include <chrono>
#include <cmath>

#include "base/hash.h"
#include "base/resources.h"
#include "base/text.h"
#include "distill/teacher_cache.h"
#include "distill/trainer.h"
#include "eval/perplexity.h"
#include "prune/direct.h"
#include "prune/prune.h"
#include "run/analysis_input.h"
#include "run/model_source.h"
#include "run/run_state.h"
#include "run/tools.h"
#include "text/corpus.h"

namespace skd {
namespace {

/// Announces a stage, and its end with its duration and result.
class StageScope {
public:
    StageScope(const RunContext& context, Stage stage, std::string detail)
        : m_context(context), m_stage(stage), m_begin(std::chrono::steady_clock::now()) {
        context.emit(StageStarted{context.run, stage, std::move(detail)});
    }
    void finish(Json result = Json::object()) {
        m_context.emit(StageFinished{m_context.run, m_stage, seconds(), std::move(result)});
    }
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - m_begin).count();
    }

private:
    const RunContext& m_context;
    Stage m_stage;
    std::chrono::steady_clock::time_point m_begin;
};

/// What people read while a perplexity of the run's state is measured.
std::string labelOf(const std::string& name) {
    if (name == "dense_live") return "dense perplexity on the live slice";
    if (name == "post_prune") return "perplexity after pruning";
    if (name == "post_kd") return "perplexity after distillation";
    return "dense perplexity";
}

/// Reason of a run that the person has stopped: an outcome, not an error.
constexpr const char* kStopped = "stopped";

class Pipeline {
public:
    Pipeline(const RunSpec& spec, const RunPaths& paths, const RunContext& context)
        : m_spec(spec), m_paths(paths), m_context(context), m_folder(paths.run(context.run)), m_state(m_folder) {}

    Result<PipelineResult> execute(const std::function<Status(const Json&)>& onModel) {
        SKD_CHECK(load(onModel));
        SKD_CHECK(measure("dense", m_model.decoder, "ppl.dense"));
        SKD_CHECK(measureLive("dense_live", m_model.decoder, "ppl.dense_live"));
        SKD_CHECK(buildTheCorpus());
        SKD_CHECK(cacheTeacher());
        SKD_CHECK(pruneModel());
        SKD_CHECK(measure("post_prune", m_student, "ppl.post_prune"));
        SKD_CHECK(distillStudent());
        SKD_CHECK(measure("post_kd", m_student, "ppl.post_kd"));
        return conclude();
    }

private:
    [[nodiscard]] bool stopped() {
        if (m_context.stop.stop_requested()) m_stopped = true;
        return m_stopped;
    }

    Status load(const std::function<Status(const Json&)>& onModel) {
        StageScope stage(m_context, Stage::Load, strCat("load ", m_spec.model.path));
        m_threads = setThreads(m_spec.model.threads);
        SKD_TRY(m_model, openModel(m_spec.model));
        SKD_TRY(m_text, loadEvalText(m_spec.eval, *m_model.tokenizer));
        SKD_TRY(m_settings, resolveSettings(m_spec.eval, m_text.addsBos));
        m_liveText = m_text;
        if (m_spec.eval.liveTokens > 0 && static_cast<std::int64_t>(m_liveText.ids.size()) > m_spec.eval.liveTokens)
            m_liveText.ids.resize(static_cast<std::size_t>(m_spec.eval.liveTokens));
        SKD_TRY(const auto windows, cutWindows(static_cast<std::int64_t>(m_liveText.ids.size()), m_settings));
        Json environment = environmentRecord();
        environment["model_sha256"] = m_model.summary.weightsSha256;
        environment["tokenizer_sha256"] = m_model.summary.tokenizerSha256;
        environment["text_sha256"] = m_text.textSha256;
        SKD_CHECK(onModel(environment));
        stage.finish({{"windows", windows.size()}, {"parameters", m_model.summary.totalParameters}});
        return {};
    }

    /// A perplexity over the whole evaluation text; from the run's state when it was measured before.
    Status measure(const char* name, const Decoder& model, const char* metric) {
        return measureOn(name, model, metric, m_text, name == std::string("post_kd") ? m_steps : 0);
    }
    Status measureLive(const char* name, const Decoder& model, const char* metric) {
        if (m_liveText.ids.size() == m_text.ids.size()) return reuseAsLive(name, metric);
        return measureOn(name, model, metric, m_liveText, 0);
    }
    /// Live and whole text are the same: one measurement serves both.
    Status reuseAsLive(const char* name, const char* metric) {
        if (stopped()) return {};
        const std::string whole = std::string(name).substr(0, std::string(name).size() - std::string_view("_live").size());
        m_context.emit(MetricBatch{m_context.run, {{metric, 0, m_figures[whole]["ppl"].get<double>()}}});
        return {};
    }
    Status measureOn(const char* name, const Decoder& model, const char* metric, const EvalText& text, std::int64_t step) {
        if (stopped()) return {};
        std::optional<Json> known = m_state.find(name);
        if (!known) {
            StageScope stage(m_context, Stage::Evaluate, labelOf(name));
            SKD_TRY(const EvalReport report, perplexity(model, text, m_settings, m_context));
            if (report.cancelled) return stop();
            known = report.toJson();
            stage.finish(*known);
            SKD_CHECK(m_state.put(name, *known));
        }
        m_figures[name] = *known;
        m_context.emit(MetricBatch{m_context.run, {{metric, step, pplOf(*known)}}});
        return {};
    }
    static double pplOf(const Json& report) { return report["ppl"].is_number() ? report["ppl"].get<double>() : std::nan(""); }

    Status stop() {
        m_stopped = true;
        return {};
    }

    Status buildTheCorpus() {
        if (stopped() || (m_spec.distill.steps == 0 && m_spec.prune.method == PruneMethod::None)) return {};
        SKD_TRY(const std::filesystem::path resources, resourceFolder());
        SKD_TRY(m_corpus, buildCorpus(m_spec.corpus, m_context.seed, *m_model.tokenizer, resources));
        m_figures["corpus"] = m_corpus->toJson();
        return {};
    }

    Status cacheTeacher() {
        if (stopped() || m_spec.distill.steps == 0) return {};
        StageScope stage(m_context, Stage::Teacher, "teacher's probabilities");
        const TeacherCacheKey key{m_model.summary.weightsSha256, enumName(m_spec.model.dtype), m_model.summary.tokenizerSha256, m_corpus->sha256(), m_spec.distill.topK};
        const std::filesystem::path folder = m_paths.teacher() / sha256Hex(dumpJson(toJson(key))).substr(0, 32);
        SKD_TRY(m_teacher, buildTeacherCache(m_model.decoder, *m_corpus, key, folder, m_context));
        if (m_teacher.empty()) return stop();
        m_figures["teacher"] = {{"samples", m_teacher.samples()}, {"mean_coverage", m_teacher.meanCoverage()}, {"sha256", m_teacher.sha256()}};
        stage.finish(m_figures["teacher"]);
        return {};
    }

    Status pruneModel() {
        if (stopped()) return {};
        m_student = m_model.decoder.clone();
        if (m_spec.prune.method == PruneMethod::None) return {};
        const AnalysisInput input = analysisInput(m_model.summary, *m_corpus, m_spec.prune);
        if (m_spec.prune.method != PruneMethod::Svd) return pruneWithoutSpectra(input.calibration);
        StageScope stage(m_context, Stage::Analyse, "spectra and load path");
        SKD_TRY(const AnalysisResult analysis, analyse(m_model.decoder, m_spec.prune, input, SpectrumCache(m_paths.spectra()), m_context));
        if (!analysis.analysis) return stop();
        stage.finish();
        StageScope pruning(m_context, Stage::Prune, "prune");
        SKD_TRY(const PruneReport report, prune(m_student, m_spec.prune, analysis, m_context));
        if (report.cancelled) return stop();
        m_figures["prune"] = {{"mlp_removed", report.mlpRemoved}, {"parameters_removed", report.parametersRemoved}, {"parameters", report.parameters}};
        pruning.finish(m_figures["prune"]);
        return {};
    }

    Status pruneWithoutSpectra(const CalibrationSet& calibration) {
        StageScope pruning(m_context, Stage::Prune, strCat("prune by ", enumName(m_spec.prune.method)));
        const DenseReference reference = denseReference(m_model.decoder, m_spec.prune);
        SKD_TRY(const PruneReport report, pruneDirect(m_student, m_spec.prune, calibration, reference, m_context));
        if (report.cancelled) return stop();
        m_figures["prune"] = report.toJson();
        pruning.finish(m_figures["prune"]);
        return {};
    }

    Status distillStudent() {
        if (stopped() || m_spec.distill.steps == 0) return {};
        StageScope stage(m_context, Stage::Distill, "distillation");
        const auto evaluate = [&](const Decoder& student, std::int64_t) -> Result<double> {
            SKD_TRY(const EvalReport report, perplexity(student, m_liveText, m_settings, m_context));
            return report.cancelled ? std::nan("") : report.perplexity;
        };
        m_model.decoder = Decoder();  // the teacher's probabilities are cached; free its memory
        SKD_TRY(const DistillReport report, distill(m_student, *m_corpus, m_teacher, m_spec.distill, distillEnvironment(evaluate), m_context));
        if (report.cancelled) return stop();
        m_steps = report.bestStep;
        m_reason = report.stopReason;
        const double earlier = m_state.find("kd") ? m_state.find("kd")->value("seconds", 0.0) : 0.0;
        m_figures["kd"] = {{"steps", report.steps}, {"best_step", report.bestStep}, {"best_live_ppl", report.bestPerplexity}, {"seconds", std::max(earlier, stage.seconds())}};
        SKD_CHECK(m_state.put("kd", m_figures["kd"]));
        stage.finish(m_figures["kd"]);
        return {};
    }

    DistillEnvironment distillEnvironment(DistillEvaluate evaluate) const {
        return {m_folder / "checkpoints", std::move(evaluate), sha256Hex(dumpJson(toJson(m_spec)))};
    }

    Result<PipelineResult> conclude() {
        PipelineResult result;
        result.reason = m_stopped ? kStopped : m_reason;
        result.outcome = m_stopped ? Outcome::Cancelled : Outcome::Completed;
        Json& s = result.summary;
        s["name"] = displayName(m_spec);
        s["protocol"] = describe(m_settings);
        s["dense_ppl"] = figure("dense", "ppl");
        s["post_prune_ppl"] = figure("post_prune", "ppl");
        s["post_kd_ppl"] = m_spec.distill.steps > 0 ? figure("post_kd", "ppl") : Json();
        s["dense_standard_error"] = figure("dense", "standard_error");
        s["post_kd_standard_error"] = figure("post_kd", "standard_error");
        s["mlp_removed"] = m_spec.prune.method == PruneMethod::None ? Json(0.0) : figure("prune", "mlp_removed");
        s["parameters_removed"] = m_spec.prune.method == PruneMethod::None ? Json(0.0) : figure("prune", "parameters_removed");
        s["parameters"] = figure("prune", "parameters");
        s["kd_steps"] = figure("kd", "steps");
        s["kd_seconds"] = figure("kd", "seconds");
        s["best_step"] = figure("kd", "best_step");
        s["corpus_sha256"] = figure("corpus", "sha256");
        s["teacher_sha256"] = figure("teacher", "sha256");
        s["threads"] = m_threads;
        return result;
    }
    Json figure(const char* stage, const char* key) const {
        const auto found = m_figures.find(stage);
        return found != m_figures.end() && found->contains(key) ? (*found)[key] : Json();
    }

    const RunSpec& m_spec;
    const RunPaths& m_paths;
    const RunContext& m_context;
    std::filesystem::path m_folder;
    RunState m_state;
    OpenModel m_model;
    Decoder m_student;
    EvalText m_text, m_liveText;
    EvalSettings m_settings;
    std::optional<Corpus> m_corpus;
    TeacherCache m_teacher;
    Json m_figures = Json::object();
    std::string m_reason = "all stages done";
    std::int64_t m_steps = 0;
    int m_threads = 0;
    bool m_stopped = false;
};

}  // namespace

Result<PipelineResult> runPipeline(const RunSpec& spec, const RunPaths& paths, const RunContext& context,
                                   const std::function<Status(const Json&)>& onModel) {
    SKD_CHECK(validate(spec));
    return Pipeline(spec, paths, context).execute(onModel);
}

}  // namespace skd
