#pragma once

#include <functional>
#include <optional>

#include "distill/elastic/live_evaluation.h"
#include "distill/memory_estimate.h"
#include "distill/rate_choice.h"
#include "model/parallel/communicator.h"

namespace skd {

/// What distillation uses besides model, data and its own spec.
struct DistillEnvironment {
    std::filesystem::path
        checkpointFolder;      ///< of this run; an earlier checkpoint in it is resumed from
    DistillEvaluate evaluate;  ///< may be empty: no stopping rules, the last weights are kept
    std::string specSha256;    ///< of the whole run; a checkpoint of another spec is refused
    /// Steps of the phases before this one. Metrics, CheckpointSaved and log lines count on from
    /// it, and so does the order of the samples; schedule, optimiser and spec.steps start again.
    std::int64_t firstStep = 0;
    /// Number of the phase, from 0: the curves of learning-rate ramps follow each other.
    std::int64_t round = 0;
    /// What a learning rate by rule is, and an automatic one where its ramp told nothing.
    double ruledRate = kDefaultLearningRate;
    /// Of an elastic student; null trains the one size it has. Its slots are spec.batch.
    const ElasticTraining* elastic = nullptr;
};

struct DistillReport {
    std::int64_t steps = 0;  ///< optimiser steps done
    std::int64_t bestStep =
        -1;  ///< whose weights the student has now; -1 when nothing was evaluated
    /// NaN when nothing was evaluated; of an elastic student the geometric mean over its nodes
    double bestPerplexity = 0;
    std::vector<double> nodePerplexities;  ///< of an elastic student at bestStep, by node
    /// Of how many steps the student's weights are the mean; 0: they are those of one step
    std::int64_t averagedSteps = 0;
    std::optional<RateChoice> rateChoice;  ///< of an automatic learning rate
    std::string stopReason;                ///< why it ended, with its numbers
    bool cancelled =
        false;  ///< a checkpoint was saved; the student has the weights of step `steps`
    std::int64_t skippedSteps = 0;  ///< not finite, or spikes
    std::int64_t microBatch = 0;    ///< in the end: smaller than at first where memory ran out
    std::int64_t tokens = 0;        ///< trained on in this call
    double seconds = 0;             ///< of this call, evaluations included
    double tokensPerSecond = 0;     ///< of training alone
    std::int64_t resumedFrom = -1;  ///< step of the checkpoint it continued from
    int processes = 1;              ///< that trained together
    Traffic traffic;                ///< of this one in the steps of this call
    [[nodiscard]] Json toJson() const;
};

/// Trains `student` on the corpus against the teacher until the steps are done or a stopping rule
/// fires, then gives it the best weights (resources/help/method.md, The loss and Stopping). Emits
/// Progress, metrics (kd.* at steps from 0; ppl.live after so many steps, from 0), CheckpointSaved
/// and log lines. Cancelling, also inside a step, saves a checkpoint of the steps that are done.
///
/// Steps that are skipped, each with a warning and the metric kd.skipped (how many so far): those
/// whose loss or gradient is not finite, maxBadSteps of which in a row are an error (Numeric) that
/// leaves the last checkpoint; and, where spikeFactor is set, those that SpikeGuard finds. A spike
/// is no bad step: it never ends a run.
///
/// When memory runs out the micro-batch is halved and the step done again, with a warning and the
/// metric kd.micro_batch; OutOfMemory, with the numbers, when one sample is too much, or before it
/// starts when the estimate does not fit.
///
/// An automatic learning rate is found by a RateRamp before the first step, which leaves no trace
/// but its curve (kd.ramp_*), a log line and the choice; a resumed run takes the choice that is
/// kept. Cancelled in the ramp, it begins the ramp again when it is resumed.
///
/// With spec.average the weights after each of the last steps are averaged (WeightAverage); from
/// then on evaluations, best weights and the result are of the mean, training is of the weights.
///
/// An elastic student is trained at the sizes that environment.elastic draws, evaluated at its
/// nodes (LiveEvaluation), and has its largest size in the end. Stopping rules read its selection
/// node; the weights it is given are those that LiveEvaluation chooses.
///
/// A student that is held in bf16 and computes in f32 is trained in f32, its weights their own
/// masters, and rounded back at the end; evaluations in between are of the f32 weights.
///
/// The same inputs, seed and threads give the same bits, however often it is interrupted, with the
/// same program and LibTorch on the same kind of processor, unless memory runs out between a
/// checkpoint and a kill. A checkpoint from elsewhere is continued with a warning: the result is
/// close.
Result<DistillReport> distill(Decoder& student, const Corpus& corpus, const TeacherSignal& teacher,
                              const DistillSpec& spec, const DistillEnvironment& environment,
                              const RunContext& context);

}  // namespace skd
