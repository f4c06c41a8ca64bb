#include "run/round.h"

#include <cmath>

#include "base/hash.h"
#include "base/text.h"
#include "distill/trainer.h"
#include "run/answers.h"
#include "run/assessment.h"
#include "run/budget.h"
#include "run/cut.h"
#include "run/elastic_student.h"
#include "run/published_tasks.h"
#include "run/refining.h"
#include "run/stage_scope.h"
#include "run/team/joint_stages.h"
#include "spec/rate_rule.h"
#include "spec/spec_identity.h"

namespace skd {
namespace {

class Round {
public:
    Round(RunWork& work, std::size_t round, const RoundSpec& spec, TeacherSource& teacher)
        : m_work(work), m_spec(spec), m_teacher(teacher), m_round(round) {
        m_report.round = static_cast<std::int64_t>(round);
        const ElasticSpec& elastic = work.spec.elastic;
        m_report.target = elastic.isOn() ? elastic.largest : spec.target;
        m_report.firstStep = m_report.bestStep = work.step;
    }

    Result<std::optional<RoundSummary>> run() {
        if (const auto known = m_work.state.find(key("done"))) {
            const auto done = readRecord<RoundSummary>(*known);
            if (takeDone(done)) {
                m_work.files.dropTrainingStates(m_round);  // of an attempt that was killed here
                if (!done.rolledBack) m_work.bestStep = done.bestStep;
                return std::optional(done);
            }
        }
        SKD_CHECK(cut());
        if (!m_report.rolledBack)
            SKD_CHECK(score(
                {key("pre_kd"), "ppl.post_prune", "perplexity after pruning", m_report.firstStep},
                m_report.preKdPpl, m_report.preKdStandardError, m_report.preKdDomains));
        SKD_CHECK(scoreSizes(NodeFigures::PreKd));
        if (!m_report.rolledBack && !isDense()) SKD_CHECK(ask(kCutAnswers, m_report.firstStep));
        SKD_CHECK(refine());
        if (!m_report.rolledBack && m_spec.steps > 0) {
            SKD_CHECK(recover());
            if (!m_work.stopped) takeRecovered(distanceToOriginal(m_work, m_work.student.decoder));
            SKD_TRY(
                const Score recovered,
                score({key("post_kd"), "ppl.post_kd", "perplexity after distillation",
                       m_report.bestStep},
                      m_report.postKdPpl, m_report.postKdStandardError, m_report.postKdDomains));
            m_report.postKdBlocks = recovered.blocks;
            SKD_CHECK(scoreSizes(NodeFigures::PostKd));
            SKD_CHECK(ask(kRecoveredAnswers, m_report.bestStep));
            SKD_CHECK(recordSizes());
        }
        if (m_work.stopped) return std::optional<RoundSummary>();
        SKD_CHECK(m_work.conclude(key("done"), writeRecord(m_report)));
        m_work.files.dropTrainingStates(m_round);
        if (!m_report.rolledBack) m_work.bestStep = m_report.bestStep;
        return std::optional(m_report);
    }

private:
    [[nodiscard]] std::string key(const char* what) const {
        return strCat("round", m_round, ".", what);
    }
    /// What the student answers, and how it does on the tasks.
    Status ask(const char* stage, std::int64_t step) {
        AnsweringModel of{stage, m_round, step};
        if (m_report.elastic) of.removed = m_report.elastic->selection;
        SKD_CHECK(recordAnswers(m_work, m_work.student.decoder, of));
        return scoreTasks(m_work, m_work.student.decoder, stage, m_round);
    }
    [[nodiscard]] bool isDense() const { return m_work.spec.prune.method == PruneMethod::None; }

    /// The model an earlier attempt ended this round with.
    bool takeDone(const RoundSummary& done) {
        if (done.rolledBack) return true;
        std::error_code ignored;
        const std::filesystem::path recovered = m_work.files.recovered(m_round);
        const bool distilled = std::filesystem::exists(recovered, ignored);
        const bool refined = std::filesystem::exists(m_work.files.refined(m_round), ignored);
        const Status taken = takeModel(distilled ? recovered
                                       : refined ? m_work.files.refined(m_round)
                                                 : m_work.files.pruned(m_round));
        if (!taken && !(isDense() && !distilled)) {
            m_work.context.log(
                log::Level::Warning,
                strCat("the model of round ", m_round,
                       " is gone or damaged, so the round is done again: ", taken.error().message));
            return false;
        }
        m_work.step = done.firstStep + done.steps;
        m_work.reason = done.reason;
        return true;
    }
    /// The student becomes the model of a file.
    Status takeModel(const std::filesystem::path& path) {
        const Decoder& now = m_work.student.decoder;
        SKD_TRY(auto kept, readDecoder(path, {now.dtype(), now.device(), now.computeDtype}));
        m_work.student = {std::move(kept.model.decoder), kept.model.weightsSha256};
        return takePath(m_work, kept.elastic);
    }

    /// Empty when stopped.
    Result<Score> score(const Figure& figure, std::optional<double>& ppl,
                        std::optional<double>& standardError, DomainScores& domains) {
        SKD_TRY(Score measured, score(figure, ppl, standardError));
        if (m_work.stopped) return Score();
        SKD_TRY(domains, scoreDomains(m_work, m_work.student.decoder,
                                      strCat(figure.name, ".domains"), figure.step));
        return measured;
    }
    Result<Score> score(Figure figure, std::optional<double>& ppl,
                        std::optional<double>& standardError) {
        if (m_work.stopped) return Score();
        // A model that no stage has changed has its figure already.
        const bool untouched = m_work.student.sha256 == m_work.model.summary.weightsSha256 &&
                               !m_report.elastic;  // which has another size now
        if (untouched) figure.modelKey = m_work.model.identity.key();
        SKD_TRY(Score score, m_work.measure(m_work.student.decoder, figure));
        if (m_work.stopped) return Score();
        ppl = score.ppl;
        standardError = score.standardError;
        return score;
    }

    /// An elastic student at all of its nodes.
    Status scoreSizes(NodeFigures when) {
        if (!m_report.elastic || m_report.rolledBack) return {};
        const bool before = when == NodeFigures::PreKd;
        const Figure figure{key(before ? "pre_kd" : "post_kd"),
                            before ? "ppl.post_prune" : "ppl.post_kd",
                            before ? "perplexity after pruning" : "perplexity after distillation",
                            before ? m_report.firstStep : m_report.bestStep};
        return scoreNodes(m_work, figure, when, *m_report.elastic);
    }

    /// Beside figures: what an elastic student answers at every node, and its trained energies.
    Status recordSizes() {
        if (!m_report.elastic || m_work.stopped) return {};
        SKD_CHECK(
            askNodes(m_work, *m_report.elastic, {kRecoveredAnswers, m_round, m_report.bestStep}));
        return takeEnergies(m_work, key("energies"), *m_report.elastic);
    }

    /// What the student has lost by now. The ranks of its factored matrices.
    PruneReport measureSize() {
        PruneReport prune = studentReport(m_work);
        m_report.targetRemoved = prune.targetRemoved;
        m_report.mlpRemoved = prune.mlpRemoved;
        m_report.parametersRemoved = prune.parametersRemoved;
        m_report.bytesRemoved = prune.bytesRemoved;
        m_report.parameters = prune.parameters;
        return prune;
    }

    /// The cut, or what an earlier attempt of this run has kept of it.
    Status cut() {
        if (isDense()) {
            SKD_CHECK(takeSizes());
            m_report.details = measureSize().details;
            return keepPruned();
        }
        if (const auto known = m_work.state.find(key("cut")))
            if (takeKept(readRecord<RoundSummary>(*known))) return {};
        SKD_TRY(std::optional<CutTrial> trial, cutThroughGate(m_work, m_round, m_spec.target));
        if (!trial) return m_work.stop();
        m_report.rolledBack = !trial->accepted;
        takeDistances(*trial);
        m_report.reason = trial->refusal;
        if (trial->accepted) {
            m_work.student.decoder = std::move(trial->decoder);
            SKD_CHECK(takeSizes());
        }
        measureSize();
        m_report.details = trial->report.details;
        if (trial->accepted) SKD_CHECK(keepPruned());
        return m_work.conclude(
            key("cut"), {{"gate_kl", memberJson(m_report.gateKl)},
                         {"gate_original_kl", memberJson(m_report.gateOriginalKl)},
                         {"gate_standard_error", memberJson(m_report.gateStandardError)},
                         {"gate_half_width", memberJson(m_report.gateHalfWidth)},
                         {"gate_original_half_width", memberJson(m_report.gateOriginalHalfWidth)},
                         {"rolled_back", m_report.rolledBack},
                         {"reason", m_report.reason},
                         {"details", m_report.details}});
    }

    /// Of a student that has been cut to all of its sizes.
    Status takeSizes() {
        if (!m_work.path || !isElastic(m_work.student.decoder)) return {};
        SKD_TRY(m_report.elastic, elasticSummary(m_work));
        return {};
    }

    void takeDistances(const CutTrial& trial) {
        const bool toOriginal = m_work.spec.schedule.gateReference == KlReference::Original;
        m_report.gateKl = finiteOrNone(trial.before.kl);
        m_report.gateHalfWidth = finiteOrNone(trial.before.halfWidth);
        m_report.gateOriginalKl = finiteOrNone(trial.original.kl);
        m_report.gateOriginalHalfWidth = finiteOrNone(trial.original.halfWidth);
        m_report.gateStandardError =
            finiteOrNone((toOriginal ? trial.original : trial.before).standardError);
    }
    void takeRecovered(const OutputDistance& distance) {
        m_report.recoveredKl = finiteOrNone(distance.kl);
        m_report.recoveredHalfWidth = finiteOrNone(distance.halfWidth);
    }

    Status keepPruned() {
        if (isDense() && m_work.spec.keep != Keep::Checkpoints) return {};
        const std::filesystem::path path = m_work.files.pruned(m_round);
        std::error_code ignored;
        if (isDense() && std::filesystem::exists(path, ignored)) return {};
        return write(path);
    }

    bool takeKept(const RoundSummary& known) {
        m_report.rolledBack = known.rolledBack;
        m_report.gateKl = known.gateKl;
        m_report.gateOriginalKl = known.gateOriginalKl;
        m_report.gateStandardError = known.gateStandardError;
        m_report.gateHalfWidth = known.gateHalfWidth;
        m_report.gateOriginalHalfWidth = known.gateOriginalHalfWidth;
        m_report.reason = known.reason;
        Status taken = known.rolledBack ? Status() : takeModel(m_work.files.pruned(m_round));
        if (taken && !known.rolledBack) taken = takeSizes();
        if (!taken) {
            m_work.context.log(
                log::Level::Warning,
                strCat("the pruned model of round ", m_round,
                       " is missing or damaged and is made again: ", taken.error().message));
            return false;
        }
        m_report.details = known.details.is_null() ? Json::object() : known.details;
        measureSize();
        const auto whole = reportAtLargest(m_work);
        if (whole && m_work.spec.prune.method == PruneMethod::Svd)
            m_work.context.emit(RanksChosen{m_work.context.run, whole->ranks});
        return true;
    }

    /// Block refinement, or what an earlier attempt of this run has kept of it.
    Status refine() {
        if (m_work.isStopped() || m_report.rolledBack || m_work.spec.refine.passes == 0) return {};
        SKD_TRY(const Score pruned,
                m_work.measure(m_work.student.decoder, {key("pruned_live"), "ppl.pruned_live",
                                                        strCat("perplexity after pruning on the ",
                                                               selectionName(m_work.spec.eval)),
                                                        m_report.firstStep, true}));
        if (m_work.stopped) return {};
        const auto known = m_work.state.find(key("refine"));
        if (!known || !takeRefined(readRecord<RoundSummary>(*known))) {
            SKD_TRY(const std::optional<RefineReport> report,
                    refineStudent(m_work, m_teacher, m_round));
            if (!report) return m_work.stop();
            m_report.refineBefore = finiteOrNone(report->meanBefore());
            m_report.refineAfter = finiteOrNone(report->meanAfter());
            m_report.refineSeconds = report->seconds;
            SKD_CHECK(write(m_work.files.refined(m_round)));
            SKD_CHECK(m_work.conclude(key("refine"),
                                      {{"refine_before", memberJson(m_report.refineBefore)},
                                       {"refine_after", memberJson(m_report.refineAfter)},
                                       {"refine_seconds", report->seconds}}));
        }
        SKD_CHECK(score({key("post_refine"), "ppl.post_refine", "perplexity after block refinement",
                         m_report.firstStep},
                        m_report.postRefinePpl, m_report.postRefineStandardError));
        if (m_spec.steps > 0) return {};  // it answers once it is distilled
        return ask(kRecoveredAnswers, m_report.firstStep);
    }

    bool takeRefined(const RoundSummary& known) {
        const Status taken = takeModel(m_work.files.refined(m_round));
        if (!taken) {
            m_work.context.log(
                log::Level::Warning,
                strCat("the refined model of round ", m_round,
                       " is missing or damaged and is made again: ", taken.error().message));
            return false;
        }
        m_report.refineBefore = known.refineBefore;
        m_report.refineAfter = known.refineAfter;
        m_report.refineSeconds = known.refineSeconds;
        return true;
    }

    Status recover() {
        if (m_work.stopped) return {};
        SKD_CHECK(settleBudget(m_work, m_teacher));
        SKD_CHECK(m_teacher.prepare(m_work));
        if (m_work.stopped) return {};
        StageScope stage(m_work.context, Stage::Distill, "distillation");
        DistillSpec spec = distillOf(m_work, m_round - 1, m_spec.steps);
        const bool last = m_round == roundsOf(m_work.spec).size();
        if (m_work.spec.schedule.decayLast && !last) spec.schedule = Schedule::Constant;
        SKD_TRY(const double ruled, ruledRateOfRun());
        if (spec.learningRate.isRuled()) spec.learningRate = ruled;
        JointStage joint(m_work.context, m_work.team);
        const auto evaluate = [&](const Decoder& student, std::int64_t) {
            return m_work.scorer->live(student, joint.context());
        };
        const std::optional<ElasticTraining> elastic = elasticTraining(m_work, spec);
        const DistillEnvironment environment{m_work.files.checkpoints(m_round),
                                             evaluate,
                                             sha256Hex(dumpJson(specIdentity(m_work.spec))),
                                             m_report.firstStep,
                                             static_cast<std::int64_t>(m_round) - 1,
                                             ruled,
                                             elastic ? &*elastic : nullptr};
        SKD_CHECK(callToTrain(m_work, spec, environment, m_teacher));
        SKD_TRY(const DistillReport report,
                distill(m_work.student.decoder, m_work.trainingCorpus(), m_teacher.signal(spec),
                        spec, environment, joint.context()));
        joint.finish();
        if (report.cancelled) {
            m_work.state.charge(Stage::Distill, stage.seconds());
            SKD_CHECK(m_work.state.put(key("cancelled_after"), report.steps));
            return m_work.stop();
        }
        m_report.steps = report.steps;
        m_report.bestStep = m_report.firstStep + std::max<std::int64_t>(report.bestStep, 0);
        if (elastic) takeTraining(*elastic, report, m_report.firstStep, *m_report.elastic);
        recordRate(report, ruled);
        const double earlier =
            valueOr(m_work.state.find(key("kd")).value_or(Json::object()), "seconds", 0.0);
        m_report.seconds = std::max(earlier, stage.seconds());
        Json result = report.toJson();
        result["seconds"] = *m_report.seconds;
        m_work.step = m_report.firstStep + report.steps;
        m_work.reason = m_report.reason = report.stopReason;
        SKD_CHECK(m_work.state.put(key("kd"), result));
        stage.finish(result);
        return write(m_work.files.recovered(m_round));
    }

    /// The learning rate, where the spec has none, and where it comes from.
    void recordRate(const DistillReport& report, double ruled) {
        if (report.rateChoice) {
            m_report.learningRate = report.rateChoice->rate;
            m_report.learningRateReason = report.rateChoice->reason;
        } else if (m_work.spec.distill.learningRate.isRuled()) {
            m_report.learningRate = ruled;
            m_report.learningRateReason =
                ruledRateReason(m_work.spec, m_work.model.summary.totalParameters);
        }
    }

    /// The run's learning rate by rule; from then on its state has it, so that a version with other
    /// constants continues with the one it began with.
    Result<double> ruledRateOfRun() {
        constexpr const char* kRateKey = "ruled_rate";
        if (const auto known = valueAs<double>(m_work.state.find(kRateKey).value_or(Json())))
            return *known;
        const double rate = ruledRate(m_work.spec, m_work.model.summary.totalParameters);
        SKD_CHECK(m_work.state.put(kRateKey, rate));
        return rate;
    }

    /// Writes the student; the hash of its weights stands for it from here on.
    Status write(const std::filesystem::path& path) {
        SKD_CHECK(
            writeStudent(m_work, path, m_work.about(m_round, m_report.bestStep), m_report.elastic));
        SKD_TRY(m_work.student.sha256, studentSha256(m_work));
        return {};
    }

    RunWork& m_work;
    const RoundSpec& m_spec;
    TeacherSource& m_teacher;
    std::size_t m_round;
    RoundSummary m_report;
};

}  // namespace

Result<std::optional<RoundSummary>> runRound(RunWork& work, std::size_t round,
                                             const RoundSpec& spec, TeacherSource& teacher) {
    return Round(work, round, spec, teacher).run();
}

}  // namespace skd
