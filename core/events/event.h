#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/log.h"
#include "base/result.h"
#include "base/units.h"
#include "results/analysis.h"
#include "results/run_summary.h"

/// What a run says, as plain values. Large results are shared and immutable; a tensor never leaves
/// the engine.
namespace skd {

enum class Stage {
    Load,
    Evaluate,
    Teacher,
    Calibrate,
    Analyse,
    Prune,
    Refine,
    Distill,
    Export,
    Answer
};
template <>
inline constexpr auto kNames<Stage> = names<Stage>({"load", "evaluate", "teacher", "calibrate",
                                                    "analyse", "prune", "refine", "distill",
                                                    "export", "answer"});
inline const char* stageName(Stage stage) {
    return enumName(stage);
}

enum class Outcome { Completed, Cancelled, Failed, Interrupted };
template <>
inline constexpr auto kNames<Outcome> = names<Outcome>({"completed", "cancelled", "failed",
                                                        "interrupted"});

struct RunStarted {
    RunId run;
    std::string name;
    Json spec;
    bool resumed = false;
};
struct StageStarted {
    RunId run;
    Stage stage;
    std::string detail;  ///< "dense perplexity", "measured weights"
};
/// Latest wins: only the newest one per run matters.
struct Progress {
    RunId run;
    Stage stage;
    std::int64_t done = 0, total = 0;
    double perSecond = 0;     ///< in `unit`s; 0 while unknown
    double secondsLeft = -1;  ///< of the stage; negative while unknown
    std::string unit;         ///< "tokens", "steps", "matrices"
};
/// Names: "ppl.live", "ppl.dense", "ppl.post_prune", "ppl.post_kd", "ppl.dense_live", "kd.ce",
/// "kd.kl", "kd.loss", "kd.lr", "kd.grad_norm", "kd.tokens_per_second"; of a settled budget
/// "kd.planned_steps" (of all rounds, once); where they change
/// "kd.skipped" (so far) and "kd.micro_batch"; of the ramps that find a learning rate, which follow
/// each other and count steps of their own, "kd.ramp_rate", "kd.ramp_loss" and "kd.ramp_smoothed",
/// and at their first steps "kd.ramp_chosen"; of block refinement "ppl.pruned_live",
/// "ppl.post_refine", "refine.loss", whose steps count its own over all blocks and rounds, and
/// "refine.before" and "refine.after", whose steps count blocks; of an elastic student "ppl.live",
/// "ppl.post_prune" and "ppl.post_kd" by node, as in "ppl.live@35" (35 % removed), by bins of five
/// points "elastic.ce@15", "elastic.kl@15" and "elastic.weight@15", and "elastic.cosine". Others'
/// steps count optimiser steps from 0.
struct MetricPoint {
    std::string name;
    std::int64_t step = 0;
    double value = 0;
};
struct MetricBatch {
    RunId run;
    std::vector<MetricPoint> points;
};
struct StageFinished {
    RunId run;
    Stage stage;
    double seconds = 0;
    Json result;  ///< e.g. a perplexity report; of Stage::Answer an AnswerSet
};
/// Spectra, and with probes the measured weights; run 0 when only a model was opened for carving.
struct AnalysisReady {
    RunId run;
    AnalysisPtr analysis;
};
struct RanksChosen {
    RunId run;
    std::vector<std::pair<std::string, std::int64_t>> ranks;  ///< matrix name, rank (0 = dense)
};
struct CheckpointSaved {
    RunId run;
    std::int64_t step = 0;
    std::string path;
    bool best = false;
};
struct RunPaused {
    RunId run;
    bool paused = true;
};
struct LogLine {
    RunId run;
    log::Level level = log::Level::Info;
    std::string text;
};
struct RunFinished {
    RunId run;
    Outcome outcome = Outcome::Completed;
    std::string reason;     ///< why distillation stopped, or what cancelled the run
    RunSummaryPtr summary;  ///< null where nothing was measured
};
struct RunFailed {
    RunId run;
    Error error;
};
/// The runs that wait, the first to start first.
struct QueueChanged {
    std::vector<RunId> runs;
    bool held = false;  ///< none of them starts
};
/// A measured perplexity of a rank profile that is only being tried.
struct PreviewReady {
    std::uint64_t serial = 0;
    double perplexity = 0, low = 0, high = 0;  ///< estimate and its 95 % interval
    double densePerplexity = 0;
    double kl = 0;  ///< mean KL to the dense model on the slice, nats per token
    std::int64_t tokens = 0;
    double seconds = 0;
};
struct PreviewFailed {
    std::uint64_t serial = 0;
    Error error;
};

/// Tokens of a text that is being generated, as they come: one step of one sequence. Two models
/// that answer side by side are two requests.
struct TokensGenerated {
    RunId run;                  ///< 0: no run
    std::uint64_t request = 0;  ///< as the request numbered itself
    std::int64_t sequence = 0;  ///< which of its answers
    std::vector<TokenId> ids;   ///< new ones; the stop token is not among them
    std::string text;  ///< what they complete, well-formed UTF-8; may trail the ids by a character
    /// Per id, natural logarithm, of the model itself at temperature 1.
    std::vector<double> logProbability;
    std::vector<double> kl;  ///< per id, nats from the reference model's prediction to this one's;
                             ///< empty without a reference
    /// "" while it continues; "stop" (the model ended), "length" or "cancelled".
    std::string ended;
};

/// A task (core/requests/task.h) has the engine now.
struct TaskStarted {
    std::uint64_t serial = 0;  ///< as Session::startTask gave it
    std::string title;
};
struct TaskProgress {
    std::uint64_t serial = 0;
    std::string detail;       ///< "12 / 40 rounds"
    double share = -1;        ///< 0 to 1; negative while unknown
    double secondsLeft = -1;  ///< negative while unknown
};
struct TaskFinished {
    std::uint64_t serial = 0;
    Json result;
    MeasurementId measurement;  ///< as which the result is kept; 0 where it is not
    bool cancelled = false;     ///< what there was by then is in `result`
};
struct TaskFailed {
    std::uint64_t serial = 0;
    Error error;
};

using Event = std::variant<RunStarted, StageStarted, Progress, MetricBatch, StageFinished,
                           AnalysisReady, RanksChosen, CheckpointSaved, RunPaused, LogLine,
                           RunFinished, RunFailed, QueueChanged, PreviewReady, PreviewFailed,
                           TokensGenerated, TaskStarted, TaskProgress, TaskFinished, TaskFailed>;

/// Takes events from the engine thread; must be quick and must not throw.
class EventSink {
public:
    virtual ~EventSink() = default;
    virtual void emit(Event event) = 0;
};

}  // namespace skd
