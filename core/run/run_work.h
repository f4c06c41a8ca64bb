#pragma once

#include "distill/teacher_cache.h"
#include "eval/perplexity.h"
#include "eval/tasks/task_scoring.h"
#include "library/dialogue.h"
#include "library/run_models.h"
#include "prune/shared/model_output.h"
#include "prune/shared/prune_report.h"
#include "ranks/nested_path.h"
#include "run/scoring.h"
#include "run/stage_tally.h"
#include "run/team/team.h"
#include "spec/run_spec.h"

namespace skd {

/// A decoder and the hash of its weights; what stands for it in caches is RunWork::keyOf.
struct HashedModel {
    Decoder decoder;
    std::string sha256;
};

/// The prompts that a run's models answer; empty where none are.
struct Questions {
    std::vector<PromptTokens> prompts;  ///< in the order of eval.prompts
    std::vector<TokenId> stop;          ///< tokens that end an answer
};

/// What the stages of one run hand to each other.
struct RunWork {
    RunWork(const RunSpec& asked, const RunPaths& runPaths, const RunContext& runContext,
            Team* processes = nullptr)
        : spec(withControl(asked)),
          paths(runPaths),
          files(runPaths.run(runContext.run)),
          state(runPaths.run(runContext.run)),
          scores(runPaths.scores()),
          tally(state, runContext.sink),
          context(runContext),
          team(processes) {
        context.sink = &tally;
    }
    RunWork(const RunWork&) = delete;
    RunWork& operator=(const RunWork&) = delete;

    RunSpec spec;  ///< with its control applied
    const RunPaths& paths;
    RunModels files;
    RunState state;
    ScoreCache scores;
    StageTally tally;    ///< between the stages and the run's own sink
    RunContext context;  ///< of the stages
    Team* team;          ///< processes that take part in some of them; null: this one is alone

    OpenModel model;       ///< what the run starts from; its decoder is freed once nothing needs it
    DenseReference dense;  ///< sizes of the model before any pruning, in an earlier run too
    std::optional<Scorer> scorer;
    std::vector<std::pair<std::string, Scorer>>
        extraScorers;  ///< of the further protocols, by name
    std::optional<Corpus> corpus;
    /// What distillation reads where a budget leaves a part of the corpus over: its first samples.
    std::optional<Corpus> budgetCorpus;
    std::vector<DomainText> domains;              ///< held-out text of the corpus shares
    Questions questions;                          ///< eval.prompts as the models read them
    std::vector<std::string> consistencyPrompts;  ///< of consistency.prompts, where it asks any
    std::vector<PreparedTask> tasks;              ///< of tasks.files
    std::vector<TokenId> taskStop;                ///< tokens that end an answer to one
    /// Of the model the run starts from, on the probes' text and on the gate's; undefined rows
    /// where nothing asks for them. Outlives its decoder.
    ModelOutput originalAtProbes, originalAtGate;
    /// Between stages an elastic student has the size of its selection node, in files its largest.
    HashedModel student;
    std::optional<NestedPath> path;  ///< the sizes of an elastic student
    Score denseScore;                ///< of the model before any pruning, in an earlier run too
    RunSummary summary;              ///< what has been measured so far
    std::int64_t step = 0;           ///< optimiser steps over all rounds
    std::int64_t bestStep = 0;       ///< of which the student's weights are
    std::optional<BudgetSummary> budget;  ///< as far as it is measured and settled
    int threads = 0;
    std::string arithmetic;  ///< "bf16" or "f32"
    std::string reason = "all stages done";
    bool stopped = false;  ///< the user asked for the end; everything up to here is kept

    [[nodiscard]] bool isStopped() {
        if (context.stop.stop_requested()) stopped = true;
        return stopped;
    }
    Status stop() {
        stopped = true;
        return {};
    }
    [[nodiscard]] const Corpus& trainingCorpus() const {
        return budgetCorpus ? *budgetCorpus : *corpus;
    }
    /// Where a cache may have spared a stage most of its work: charges the run as if it had done
    /// all of it, with the most that the result called `key` has taken in this workspace.
    void chargeCached(Stage stage, const std::string& key, double seconds);
    /// Files what is finished for good: what was said of it must be on record first, since a
    /// resumed run does not say it again.
    Status conclude(const std::string& key, Json result) {
        if (context.flush) SKD_CHECK(context.flush());
        return state.put(key, std::move(result));
    }
    /// Measures a figure, by default under the run's own protocol; stops the work when cancelled,
    /// with an empty score.
    Result<Score> measure(const Decoder& decoder, const Figure& figure) {
        return measure(decoder, figure, *scorer);
    }
    Result<Score> measure(const Decoder& decoder, const Figure& figure, const Scorer& by) {
        SKD_TRY(const std::optional<Score> score, by.measure(decoder, figure, state, context));
        if (!score) stopped = true;
        return score.value_or(Score());
    }
    /// What stands in caches for a model of these weights that the run made of its own one.
    [[nodiscard]] std::string keyOf(const std::string& weights) const {
        ModelIdentity identity = model.identity;
        identity.weights = weights;
        return identity.key();
    }
    /// The model that the run starts from: all sizes of an elastic one whose factors it continues.
    [[nodiscard]] Result<OpenModel> openStart() const;
    /// The model the run started from, loaded again; Corrupt where its files are no longer the
    /// same.
    [[nodiscard]] Result<OpenModel> reopen() const;
    /// Where a model of this run comes from, for its file; `ofStep` its weights are.
    [[nodiscard]] Json about(std::size_t round, std::int64_t ofStep) const;
};

}  // namespace skd
