#include "distill/trainer.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <torch/headeronly/version.h>

#include <chrono>
#include <cmath>
#include <map>

#include "base/files.h"
#include "base/hash.h"
#include "base/instruction_set.h"
#include "base/text.h"
#include "distill/checkpoint.h"
#include "distill/schedule.h"
#include "distill/spike_guard.h"
#include "distill/stopping.h"
#include "distill/training_step.h"
#include "spec/json_writer.h"

namespace skd {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// One call of distill().
class Trainer {
public:
    Trainer(Decoder& student, const Corpus& corpus, const TeacherSignal& teacher,
            const DistillSpec& spec, const DistillEnvironment& environment,
            const RunContext& context)
        : m_student(student),
          m_corpus(corpus),
          m_teacher(teacher),
          m_spec(spec),
          m_environment(environment),
          m_context(context),
          m_checkpoints(environment.checkpointFolder),
          m_step(student, corpus, teacher, spec),
          m_order(corpus.samples(), context.seed),
          m_rules(spec),
          m_spikes(spec.spikeFactor),
          m_meter(context, Stage::Distill, spec.steps, "steps") {}

    Result<DistillReport> run() {
        SKD_CHECK(resume());
        while (!m_finished) {
            SKD_CHECK(evaluateIfDue());
            if (!m_finished && m_context.cancelled()) return stop();
            if (m_finished) break;
            SKD_CHECK(saveIfDue());
            SKD_CHECK(train());
        }
        if (m_savedStep != m_done || !m_savedFinished) SKD_CHECK(save());
        SKD_CHECK(takeBestWeights());
        return report(false);
    }

private:
    // --- one optimiser step

    /// A step of this call as displayed.
    [[nodiscard]] std::int64_t shown(std::int64_t step) const {
        return m_environment.firstStep + step;
    }

    Status train() {
        const Clock::time_point begin = Clock::now();
        std::vector<std::int64_t> samples;
        for (std::int64_t i = 0; i < m_spec.batch; ++i)
            samples.push_back(m_order.at(shown(m_done) * m_spec.batch + i));
        SKD_TRY(const WindowLoss loss, gradients(samples));
        if (loss.cancelled) return {};
        const double rate = learningRateAt(m_spec, m_done);
        SKD_TRY(const bool sound, judge(loss));
        if (sound) m_step.apply(loss, rate);
        const double seconds = secondsSince(begin);
        m_trainSeconds += seconds;
        m_tokens += loss.tokens;
        emitMetrics(loss, rate, seconds > 0 ? static_cast<double>(loss.tokens) / seconds : 0);
        ++m_done;
        m_meter.advance(1);
        return {};
    }

    Result<WindowLoss> gradients(const std::vector<std::int64_t>& samples) {
        const std::int64_t before = m_step.microBatch();
        auto loss = m_step.gradients(samples, m_context);
        if (!loss && loss.error().code == ErrorCode::OutOfMemory)
            return fail(ErrorCode::OutOfMemory, strCat("step ", shown(m_done), ": ",
                                                       loss.error().message, keptCheckpoint()));
        if (m_step.microBatch() != before)
            emitPoint("kd.micro_batch", static_cast<double>(m_step.microBatch()));
        return loss;
    }

    [[nodiscard]] std::string keptCheckpoint() const {
        return m_savedStep < 0
                   ? std::string()
                   : strCat(" (the checkpoint of step ", shown(m_savedStep), " is kept)");
    }

    /// False when the step is skipped.
    Result<bool> judge(const WindowLoss& loss) {
        if (!loss.isFinite()) {
            ++m_badInARow;
            SKD_CHECK(skip(loss, "not finite"));
            return false;
        }
        m_badInARow = 0;
        const double usual = m_spikes.median();
        if (!m_spikes.isSpike(loss.gradientNorm)) return true;
        SKD_CHECK(skip(loss, strCat("the norm is more than ", formatNumber(m_spec.spikeFactor),
                                    " times its running median of ", formatNumber(usual))));
        return false;
    }

    Status skip(const WindowLoss& loss, const std::string& reason) {
        m_step.optimiser().discardGradients();
        ++m_skipped;
        const std::string what =
            strCat("step ", shown(m_done), ": cross-entropy ", formatNumber(loss.ce), ", KL ",
                   formatNumber(loss.kl), ", gradient norm ", formatNumber(loss.gradientNorm));
        m_context.log(log::Level::Warning, strCat(what, "; ", reason, ", the step is skipped"));
        emitPoint("kd.skipped", static_cast<double>(m_skipped));
        if (m_badInARow < m_spec.maxBadSteps) return {};
        return fail(ErrorCode::Numeric,
                    strCat(what, ": ", m_badInARow,
                           " steps in a row were not finite; lower learning_rate or train in f32",
                           keptCheckpoint()));
    }

    void emitPoint(const char* name, double value) const {
        m_context.emit(MetricBatch{m_context.run, {{name, shown(m_done), value}}});
    }

    void emitMetrics(const WindowLoss& loss, double rate, double tokensPerSecond) const {
        const std::int64_t step = shown(m_done);
        std::vector<MetricPoint> points{{"kd.ce", step, loss.ce},
                                        {"kd.loss", step, loss.loss},
                                        {"kd.lr", step, rate},
                                        {"kd.grad_norm", step, loss.gradientNorm},
                                        {"kd.ce_logit_norm", step, loss.ceLogitNorm},
                                        {"kd.tokens_per_second", step, tokensPerSecond}};
        if (!m_teacher.isNone()) {
            points.push_back({"kd.kl", step, loss.kl});
            points.push_back({"kd.kl_logit_norm", step, loss.klLogitNorm});
        }
        m_context.emit(MetricBatch{m_context.run, std::move(points)});
    }

    // --- evaluation and stopping

    [[nodiscard]] bool evaluationDue() const {
        if (!m_environment.evaluate || m_evaluated >= m_done) return false;
        return m_done == m_spec.steps || (m_spec.evalEvery > 0 && m_done % m_spec.evalEvery == 0);
    }

    Status evaluateIfDue() {
        if (evaluationDue()) {
            const c10::AutoGradMode noGradient(false);
            SKD_TRY(const double perplexity, m_environment.evaluate(m_student, m_done));
            if (m_context.stop.stop_requested())
                return {};  // may have been cut short; it is repeated on resuming
            m_evaluated = m_done;
            m_context.emit(MetricBatch{m_context.run, {{"ppl.live", shown(m_done), perplexity}}});
            const StopDecision decision = m_rules.add(m_done, perplexity);
            if (decision.best) SKD_CHECK(saveBest(perplexity));
            if (decision.reason != StopReason::None) finish(decision.reason);
        }
        if (m_done >= m_spec.steps && !m_finished) finish(StopReason::None);
        return {};
    }

    void finish(StopReason reason) {
        m_finished = true;
        m_stopReason = m_rules.bestStep() < 0 ? "all steps were done" : m_rules.explain(reason);
        m_context.log(log::Level::Info,
                      strCat("distillation ended after ", m_done, " steps: ", m_stopReason));
    }

    // --- checkpoints

    Status saveBest(double perplexity) {
        Checkpoint best{m_done, {{"perplexity", perplexity}}, {}};
        m_student.visitParameters([&](const std::string& name, at::Tensor& tensor) {
            best.tensors.push_back({name, tensor});
        });
        SKD_CHECK(m_checkpoints.saveBest(best));
        m_context.emit(CheckpointSaved{m_context.run, shown(m_done),
                                       m_checkpoints.bestPath(m_done).string(), true});
        return {};
    }

    Status takeBestWeights() {
        if (m_rules.bestStep() < 0 || m_rules.bestStep() == m_done) return {};
        SKD_TRY(const Checkpoint best, m_checkpoints.loadBest(m_rules.bestStep()));
        return copyWeights(best);
    }

    Status copyWeights(const Checkpoint& checkpoint) {
        const c10::AutoGradMode noGradient(false);
        std::map<std::string, at::Tensor> stored;
        for (const NamedTensor& entry : checkpoint.tensors) stored[entry.name] = entry.tensor;
        Status status;
        m_student.visitParameters([&](const std::string& name, at::Tensor& tensor) {
            const auto found = stored.find(name);
            if (found != stored.end() && found->second.sizes() == tensor.sizes())
                tensor.copy_(found->second);
            else
                status = fail(ErrorCode::Corrupt, strCat("the best checkpoint has no ", name,
                                                         " of the student's shape"));
        });
        return status;
    }

    Status saveIfDue() {
        if (m_done == m_savedStep || m_spec.checkpointEvery <= 0 ||
            m_done % m_spec.checkpointEvery != 0 || m_done == 0)
            return {};
        return save();
    }

    Status save() {
        // A resumed run repeats no step before the checkpoint: their metrics must be on disk first.
        if (m_context.flush) SKD_CHECK(m_context.flush());
        Checkpoint checkpoint{m_done, state(), m_step.optimiser().state()};
        SKD_CHECK(m_checkpoints.save(checkpoint));
        m_savedStep = m_done;
        m_savedFinished = m_finished;
        m_savedMicroBatch = m_step.microBatch();
        m_context.emit(CheckpointSaved{m_context.run, shown(m_done),
                                       m_checkpoints.stepPath(m_done).string(), false});
        return {};
    }

    /// What must be equal for a checkpoint to be resumed from.
    [[nodiscard]] Json identity() const {
        return {{"spec", m_environment.specSha256},
                {"distill", sha256Hex(dumpJson(specToJson(m_spec)))},
                {"seed", m_context.seed},
                {"corpus", m_corpus.sha256()},
                {"first_step", m_environment.firstStep},
                {"teacher", m_teacher.identity()}};
    }
    /// What must be equal for the same bits.
    [[nodiscard]] Json machine() const {
        return {{"threads", at::get_num_threads()},
                {"arithmetic", m_student.arithmeticName()},
                {"libtorch", TORCH_VERSION},
                {"instructions", processInstructions()},
                {"program", SKD_VERSION}};
    }

    [[nodiscard]] Json state() {
        return {{"identity", identity()},
                {"machine", machine()},
                {"optimiser_steps", m_step.optimiser().stepCount()},
                {"position", shown(m_done) * m_spec.batch},
                {"micro_batch", m_step.microBatch()},
                {"gradient_norms", m_spikes.toJson()},
                {"evaluated", m_evaluated},
                {"finished", m_finished},
                {"stop_reason", m_stopReason},
                {"bad_in_a_row", m_badInARow},
                {"skipped", m_skipped},
                {"best_step", m_rules.bestStep()},
                {"stopping", m_rules.toJson()}};
    }

    Status resume() {
        SKD_TRY(const std::optional<Checkpoint> checkpoint, m_checkpoints.loadNewest(m_context));
        if (!checkpoint) return {};
        const Json& state = checkpoint->state;
        if (state["identity"] != identity())
            return fail(ErrorCode::InvalidInput,
                        strCat("the checkpoints in ", m_environment.checkpointFolder.string(),
                               " belong to a run with another spec, seed, corpus or teacher; "
                               "delete the folder to start again"));
        if (state["machine"] != machine())
            m_context.log(
                log::Level::Warning,
                strCat("the checkpoint was written with ", dumpJson(state["machine"]), ", this is ",
                       dumpJson(machine()), ": the result will be close, not the same bits"));
        SKD_CHECK(m_step.optimiser().restore(checkpoint->tensors,
                                             state["optimiser_steps"].get<std::int64_t>()));
        SKD_CHECK(m_rules.fromJson(state["stopping"]));
        m_done = checkpoint->step;
        m_evaluated = state["evaluated"].get<std::int64_t>();
        m_finished = state["finished"].get<bool>();
        m_stopReason = state["stop_reason"].get<std::string>();
        m_badInARow = state["bad_in_a_row"].get<std::int64_t>();
        m_skipped = state["skipped"].get<std::int64_t>();
        SKD_CHECK(m_spikes.fromJson(state["gradient_norms"]));
        m_step.setMicroBatch(state["micro_batch"].get<std::int64_t>());
        m_savedMicroBatch = m_step.microBatch();
        m_savedStep = m_resumedFrom = m_done;
        m_savedFinished = m_finished;
        m_meter.advance(m_done);
        m_context.log(log::Level::Info,
                      strCat("resuming from the checkpoint of step ", shown(m_done)));
        return {};
    }

    // --- outcomes

    Result<DistillReport> stop() {
        if (m_savedStep != m_done || m_savedMicroBatch != m_step.microBatch()) SKD_CHECK(save());
        return report(true);
    }

    [[nodiscard]] DistillReport report(bool cancelled) const {
        DistillReport out;
        out.steps = m_done;
        out.bestStep = m_rules.bestStep();
        out.bestPerplexity = m_rules.bestStep() < 0 ? std::nan("") : m_rules.best();
        out.stopReason = cancelled ? "cancelled" : m_stopReason;
        out.cancelled = cancelled;
        out.skippedSteps = m_skipped;
        out.microBatch = m_step.microBatch();
        out.tokens = m_tokens;
        out.seconds = secondsSince(m_begin);
        out.tokensPerSecond =
            m_trainSeconds > 0 ? static_cast<double>(m_tokens) / m_trainSeconds : 0;
        out.resumedFrom = m_resumedFrom;
        return out;
    }

    Decoder& m_student;
    const Corpus& m_corpus;
    const TeacherSignal& m_teacher;
    const DistillSpec& m_spec;
    const DistillEnvironment& m_environment;
    const RunContext& m_context;
    CheckpointFolder m_checkpoints;
    TrainingStep m_step;
    SampleOrder m_order;
    StoppingRules m_rules;
    SpikeGuard m_spikes;
    ProgressMeter m_meter;
    Clock::time_point m_begin = Clock::now();
    double m_trainSeconds = 0;
    std::int64_t m_tokens = 0, m_done = 0, m_evaluated = -1, m_savedStep = -1, m_resumedFrom = -1,
                 m_savedMicroBatch = 0, m_badInARow = 0, m_skipped = 0;
    bool m_finished = false, m_savedFinished = false;
    std::string m_stopReason;
};

Status checkInputs(const Decoder& student, const Corpus& corpus, const TeacherSignal& teacher,
                   const DistillSpec& spec) {
    SKD_CHECK(teacher.check(spec, corpus, student));
    if (corpus.vocabularyNeeded() > student.head.size(0))
        return fail(ErrorCode::InvalidInput,
                    strCat("the corpus holds token id ", corpus.vocabularyNeeded() - 1,
                           ", the student's vocabulary ends at ", student.head.size(0) - 1,
                           "; model and tokeniser do not belong together"));
    if (!student.device().is_cpu()) return {};
    const DistillMemory memory = distillMemory(student, corpus, spec, teacher);
    // An online teacher is loaded: its weights are no longer among what is free.
    const auto needed = static_cast<std::uint64_t>(memory.total() - memory.teacher),
               free = availableMemoryBytes();
    if (free > 0 && needed > free)
        return fail(
            ErrorCode::OutOfMemory,
            strCat("distillation needs about ", formatBytes(static_cast<double>(needed)), ", ",
                   formatBytes(static_cast<double>(free)),
                   " are free; use a smaller micro_batch or sequence_length, or a smaller model"));
    return {};
}

}  // namespace

Result<DistillReport> distill(Decoder& student, const Corpus& corpus, const TeacherSignal& teacher,
                              const DistillSpec& spec, const DistillEnvironment& environment,
                              const RunContext& context) {
    SKD_CHECK(checkInputs(student, corpus, teacher, spec));
    const at::ScalarType held = student.dtype(), trained = student.activationDtype();
    if (held != trained) student = student.to(student.device(), trained);
    auto report = Trainer(student, corpus, teacher, spec, environment, context).run();
    if (held != trained) student = student.to(student.device(), held);
    return report;
}

}  // namespace skd
