#include "distill/trainer.h"

#include <c10/core/GradMode.h>
#include <chrono>
#include <cmath>

#include "base/files.h"
#include "base/text.h"
#include "distill/checkpoint.h"
#include "distill/elastic/step_metrics.h"
#include "distill/rate_ramp.h"
#include "distill/trainer_state.h"
#include "distill/training_rules.h"
#include "distill/training_step.h"
#include "distill/weight_average.h"

namespace skd {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

std::optional<ElasticSizes> sizesOf(const DistillEnvironment& environment) {
    if (environment.elastic == nullptr) return std::nullopt;
    return std::optional<ElasticSizes>(std::in_place, *environment.elastic);
}

/// One call of distill().
struct Trainer {
    Decoder& student;
    const Corpus& corpus;
    const TeacherSignal& teacher;
    const DistillSpec& spec;
    const DistillEnvironment& environment;
    const RunContext& context;
    CheckpointFolder checkpoints{environment.checkpointFolder};
    std::optional<ElasticSizes> sizes = sizesOf(environment);
    TrainingStep optimisation{
        student, corpus, teacher, spec, {sizes ? &*sizes : nullptr, context.devices}};
    const TrainingTeam& team = optimisation.team();
    WeightAverage average{optimisation.optimiser()};
    SampleOrder order{corpus.samples(), context.seed};
    StoppingRules rules{spec};
    LiveEvaluation live{spec, environment.evaluate, sizes ? &*sizes : nullptr};
    SpikeGuard spikes{spec.spikeFactor};
    ProgressMeter meter{context, Stage::Distill, spec.steps, "steps"};
    Clock::time_point started = Clock::now();
    DistillReport totals = {};
    double trainSeconds = 0;
    std::int64_t done = 0, trained = 0, evaluated = -1, savedStep = -1, savedMicroBatch = 0,
                 badInARow = 0;
    bool finished = false, savedFinished = false;
    std::optional<RateChoice> choice;  ///< of an automatic learning rate

    Result<DistillReport> run() {
        SKD_CHECK(team.agree(identity()));
        SKD_CHECK(resume());
        SKD_TRY(const bool ready, findRate());
        if (!ready) return stop();
        while (!finished) {
            SKD_CHECK(evaluateIfDue());
            if (finished) break;
            SKD_TRY(const bool stops, team.any(context.cancelled()));
            if (stops) return stop();
            SKD_CHECK(saveIfDue());
            SKD_CHECK(train());
        }
        if (savedStep != done || !savedFinished) SKD_CHECK(save());
        SKD_CHECK(takeBest());
        return report(false);
    }

    // --- the learning rate

    /// False when cancelled.
    Result<bool> findRate() {
        if (!spec.learningRate.isAutomatic() || choice || finished) return true;
        SKD_TRY(choice, readChoice(environment.checkpointFolder, identity(), team));
        if (choice) return true;
        const std::int64_t before = optimisation.microBatch();
        RateRamp ramp(optimisation, order, shown(0) * spec.batch, spec, environment.ruledRate);
        SKD_TRY(choice, ramp.run(context));
        tellMicroBatch(before);
        if (!choice) return false;
        tellRamp(*choice, spec.rampSteps, environment.round * spec.rampSteps, context);
        // A resumed run does not tell it again: it must be on record first.
        if (context.flush) SKD_CHECK(context.flush());
        if (team.leads()) SKD_CHECK(writeChoice(environment.checkpointFolder, identity(), *choice));
        return true;
    }

    [[nodiscard]] double peakRate() const {
        return spec.learningRate.valueOr(choice ? choice->rate : environment.ruledRate);
    }

    // --- one optimiser step

    /// A step of this call as displayed.
    [[nodiscard]] std::int64_t shown(std::int64_t step) const {
        return environment.firstStep + step;
    }

    Status train() {
        const Clock::time_point begin = Clock::now();
        const Traffic before = team.traffic();
        const std::vector<std::int64_t> samples = order.from(shown(done) * spec.batch, spec.batch);
        optimisation.begin(shown(done));
        SKD_TRY(const WindowLoss loss, gradients(samples));
        if (loss.cancelled) return {};
        const double rate = learningRateAt(spec, done, peakRate());
        SKD_TRY(const bool sound, judge(loss));
        if (sound) SKD_CHECK(optimisation.apply(loss, rate));
        const double seconds = secondsSince(begin);
        trainSeconds += seconds;
        totals.traffic.add(team.traffic().since(before));
        totals.tokens += loss.tokens;
        const double speed = seconds > 0 ? static_cast<double>(loss.tokens) / seconds : 0;
        context.emit(MetricBatch{context.run, stepMetrics(loss, {shown(done), rate, speed},
                                                          !teacher.isNone(), sizesInUse())});
        if (sizes && sound) sizes->learn(loss.sizes);
        ++done;
        ++trained;
        if (averagedAfter(spec, done) > 0) average.add();
        meter.advance(1);
        return {};
    }

    Result<WindowLoss> gradients(const std::vector<std::int64_t>& samples) {
        const std::int64_t before = optimisation.microBatch();
        auto loss = optimisation.gradients(samples, context);
        if (!loss && loss.error().code == ErrorCode::OutOfMemory)
            return fail(ErrorCode::OutOfMemory,
                        strCat("step ", shown(done), ": ", loss.error().message, keptCheckpoint()));
        tellMicroBatch(before);
        return loss;
    }

    void tellMicroBatch(std::int64_t before) const {
        if (optimisation.microBatch() != before)
            emitPoint("kd.micro_batch", static_cast<double>(optimisation.microBatch()));
    }

    [[nodiscard]] std::string keptCheckpoint() const {
        return savedStep < 0 ? std::string()
                             : strCat(" (the checkpoint of step ", shown(savedStep), " is kept)");
    }

    /// False when the step is skipped.
    Result<bool> judge(const WindowLoss& loss) {
        if (!loss.isFinite()) {
            ++badInARow;
            SKD_CHECK(skip(loss, "not finite"));
            return false;
        }
        badInARow = 0;
        const double usual = spikes.median();
        if (!spikes.isSpike(loss.gradientNorm)) return true;
        SKD_CHECK(skip(loss, strCat("the norm is more than ", formatNumber(spec.spikeFactor),
                                    " times its running median of ", formatNumber(usual))));
        return false;
    }

    Status skip(const WindowLoss& loss, const std::string& reason) {
        optimisation.optimiser().discardGradients();
        ++totals.skippedSteps;
        const std::string what = strCat("step ", shown(done), ": ", describe(loss));
        context.log(log::Level::Warning, strCat(what, "; ", reason, ", the step is skipped"));
        emitPoint("kd.skipped", static_cast<double>(totals.skippedSteps));
        if (badInARow < spec.maxBadSteps) return {};
        return fail(ErrorCode::Numeric,
                    strCat(what, ": ", badInARow,
                           " steps in a row were not finite; lower learning_rate or train in f32",
                           keptCheckpoint()));
    }

    void emitPoint(const char* name, double value) const {
        context.emit(MetricBatch{context.run, {{name, shown(done), value}}});
    }

    [[nodiscard]] const ElasticSizes* sizesInUse() const { return sizes ? &*sizes : nullptr; }

    // --- evaluation and stopping

    Status evaluateIfDue() {
        if (live.isDue(done, evaluated)) {
            SKD_TRY(const bool counts, evaluate());
            if (!counts) return {};
        }
        if (done >= spec.steps && !finished) finish(StopReason::None);
        return {};
    }

    /// False when cancelled: it may have been cut short, and is repeated on resuming.
    Result<bool> evaluate() {
        const c10::AutoGradMode noGradient(false);
        auto counts = evaluateShown();
        SKD_CHECK(shareAverage());  // what it hid again
        return counts;
    }
    Result<bool> evaluateShown() {
        const ShownAverage shownAverage(average);
        SKD_CHECK(shareAverage());
        SKD_TRY(LiveFigures figures, live.measure(student, done));
        if (team.cutsShort(context)) return false;
        StoppingRules after = rules;
        const StopDecision decision = after.add(done, figures.perplexity);
        if (decision.reason != StopReason::None) SKD_CHECK(live.complete(student, done, figures));
        if (team.cutsShort(context)) return false;
        rules = after;
        evaluated = done;
        context.emit(MetricBatch{context.run, live.points(shown(done), figures)});
        const bool best = sizes ? figures.isWhole() && live.choose(done, figures) : decision.best;
        if (best) SKD_CHECK(saveBest());
        if (decision.reason != StopReason::None) finish(decision.reason);
        return true;
    }

    /// Each process has averaged its own rows.
    Status shareAverage() { return average.count() > 0 ? optimisation.shareWeights() : Status(); }

    void finish(StopReason reason) {
        finished = true;
        totals.stopReason = rules.bestStep() < 0 ? "all steps were done" : rules.explain(reason);
        context.log(log::Level::Info,
                    strCat("distillation ended after ", done, " steps: ", totals.stopReason));
        tellTraffic(team, totals.traffic, {trainSeconds, trained}, context);
    }

    // --- checkpoints

    /// Whose weights the student is to have; -1: the last ones.
    [[nodiscard]] std::int64_t bestStep() const {
        return sizes ? live.chosenStep() : rules.bestStep();
    }
    [[nodiscard]] double bestPerplexity() const {
        if (bestStep() < 0) return std::nan("");
        return sizes ? std::exp(live.chosenMeanLog()) : rules.best();
    }

    Status saveBest() {
        if (!team.leads()) return {};
        SKD_CHECK(saveBestWeights(checkpoints, student, done, bestPerplexity()));
        context.emit(
            CheckpointSaved{context.run, shown(done), checkpoints.bestPath(done).string(), true});
        return {};
    }

    Status takeBest() {
        if (sizes) SKD_CHECK(sizes->useLargest(student));
        if (bestStep() >= 0 && bestStep() != done) {
            if (team.leads()) SKD_CHECK(takeBestWeights(checkpoints, student, bestStep()));
            return team.weightsFromLeader(student);
        }
        average.show();
        SKD_CHECK(shareAverage());
        return {};
    }

    Status saveIfDue() {
        if (done == savedStep || spec.checkpointEvery <= 0 || done % spec.checkpointEvery != 0 ||
            done == 0)
            return {};
        return save();
    }

    Status save() {
        // A resumed run repeats no step before the checkpoint: their metrics must be on disk first.
        if (context.flush) SKD_CHECK(context.flush());
        std::vector<NamedTensor> tensors = optimisation.optimiser().state();
        for (NamedTensor& mean : average.state()) tensors.push_back(std::move(mean));
        SKD_TRY(tensors,
                team.gather(std::move(tensors), optimisation.optimiser(), optimisation.shares()));
        if (team.leads()) SKD_CHECK(checkpoints.save({done, state(), std::move(tensors)}));
        savedStep = done;
        savedFinished = finished;
        savedMicroBatch = optimisation.microBatch();
        context.emit(
            CheckpointSaved{context.run, shown(done), checkpoints.stepPath(done).string(), false});
        return {};
    }

    /// What must be equal for a checkpoint to be resumed from.
    [[nodiscard]] Json identity() const {
        Json json = identityOf(environment, spec, corpus, teacher, context.seed);
        if (sizes) json["path"] = sizes->training().path.sha256();
        return json;
    }

    [[nodiscard]] Json state() {
        const Json elastic =
            sizes ? Json{{"sizes", sizes->toJson()}, {"choice", live.toJson()}} : Json();
        return {{"identity", identity()},
                {"elastic", elastic},
                {"machine", machine()},
                {"optimiser_steps", optimisation.optimiser().stepCount()},
                {"averaged", average.count()},
                {"learning_rate", choice ? choice->toJson() : Json()},
                {"position", shown(done) * spec.batch},
                {"micro_batch", optimisation.microBatch()},
                {"gradient_norms", spikes.toJson()},
                {"evaluated", evaluated},
                {"finished", finished},
                {"stop_reason", totals.stopReason},
                {"bad_in_a_row", badInARow},
                {"skipped", totals.skippedSteps},
                {"best_step", bestStep()},
                {"stopping", rules.toJson()}};
    }

    [[nodiscard]] Json machine() const { return machineOf(student, team.size()); }

    /// Before other differences, so that another path of sizes is named.
    Status restoreSizes(const TrainerState& state) {
        if (!sizes || !memberOf(state.identity, "path").is_string()) return {};
        SKD_CHECK(sizes->restore(memberOf(state.elastic, "sizes")));
        return live.restore(memberOf(state.elastic, "choice"));
    }

    Status resume() {
        std::optional<Checkpoint> kept;
        if (team.leads()) {
            SKD_TRY(kept, checkpoints.loadNewest(context));
        }
        SKD_TRY(const std::optional<Checkpoint> checkpoint,
                team.fromLeader(std::move(kept), optimisation.optimiser(), optimisation.shares()));
        if (!checkpoint) return {};
        SKD_TRY(const TrainerState state,
                located(TrainerState::fromJson(checkpoint->state, checkpoint->step),
                        checkpoints.stepPath(checkpoint->step).string()));
        SKD_CHECK(located(restoreSizes(state), environment.checkpointFolder.string()));
        if (state.identity != identity()) return ofAnotherRun(environment.checkpointFolder);
        tellMachine(state.machine, machine(), context);
        SKD_CHECK(optimisation.optimiser().restore(checkpoint->tensors, state.optimiserSteps));
        SKD_CHECK(optimisation.shareWeights());
        SKD_CHECK(average.restore(checkpoint->tensors, state.averaged));
        SKD_CHECK(rules.fromJson(state.stopping));
        if (!state.learningRate.is_null()) {
            SKD_TRY(choice, RateChoice::fromJson(state.learningRate));
        }
        done = checkpoint->step;
        evaluated = state.evaluated;
        finished = state.finished;
        totals.stopReason = state.stopReason;
        badInARow = state.badInARow;
        totals.skippedSteps = state.skipped;
        SKD_CHECK(spikes.fromJson(state.gradientNorms));
        optimisation.setMicroBatch(state.microBatch);
        savedMicroBatch = optimisation.microBatch();
        savedStep = totals.resumedFrom = done;
        savedFinished = finished;
        meter.advance(done);
        context.log(log::Level::Info, strCat("resuming from the checkpoint of step ", shown(done)));
        return {};
    }

    Result<DistillReport> stop() {
        const bool isSmaller = team.isAlone() && savedMicroBatch != optimisation.microBatch();
        if (savedStep != done || isSmaller) SKD_CHECK(save());
        return report(true);
    }

    [[nodiscard]] DistillReport report(bool cancelled) const {
        DistillReport out = totals;
        out.steps = done;
        out.processes = team.size();
        out.bestStep = bestStep();
        out.bestPerplexity = bestPerplexity();
        out.nodePerplexities = live.chosen();
        if (cancelled) out.stopReason = "cancelled";
        out.cancelled = cancelled;
        out.microBatch = optimisation.microBatch();
        if (!cancelled)
            out.averagedSteps = averagedAfter(spec, out.bestStep < 0 ? done : out.bestStep);
        out.rateChoice = choice;
        out.seconds = secondsSince(started);
        out.tokensPerSecond = trainSeconds > 0 ? static_cast<double>(out.tokens) / trainSeconds : 0;
        return out;
    }
};

}  // namespace

Result<DistillReport> distill(Decoder& student, const Corpus& corpus, const TeacherSignal& teacher,
                              const DistillSpec& spec, const DistillEnvironment& environment,
                              const RunContext& context) {
    SKD_CHECK(checkTraining(student, corpus, teacher, spec));
    SKD_CHECK(checkTogether(environment, spec, context));
    tellCheckpointing(student, corpus, spec, context);
    const at::ScalarType held = student.dtype(), trained = student.activationDtype();
    if (held != trained) student = student.to(student.device(), trained);
    auto report = Trainer{student, corpus, teacher, spec, environment, context}.run();
    if (held != trained) student = student.to(student.device(), held);
    return report;
}

}  // namespace skd
