#pragma once

#include <memory>

#include "base/record.h"
#include "results/consistency_summary.h"
#include "results/elastic_summary.h"
#include "results/recorded_answers.h"
#include "results/round_summary.h"
#include "results/task_scores.h"

/// What a run has measured, as its stages hand it on, the store keeps it and front ends show it.
/// Shares are of the dense model, 0 to 1; perplexities under the run's own protocol unless said
/// otherwise, NaN where they were not finite.
namespace skd {

/// A perplexity with what makes it comparable; its document is the evaluation's whole report.
struct Score {
    std::optional<double> ppl, standardError;
    std::string protocol, textSha256;
    std::optional<std::int64_t> tokens, context, stride;
    BlockSums blocks;  ///< losses
    Json document = {};
    bool operator==(const Score&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("ppl", self.ppl, {});
        visitor.field("standard_error", self.standardError, {});
        visitor.field("protocol", self.protocol, {});
        visitor.field("text_sha256", self.textSha256, {});
        visitor.field("tokens", self.tokens, {});
        visitor.field("context", self.context, {});
        visitor.field("stride", self.stride, {});
        visitor.known("block_losses", self.blocks, {});
    }
};

/// Held-out text of one corpus share: before pruning, and around the last cut that stands.
struct DomainSummary {
    std::string name;
    std::optional<double> densePpl, postPrunePpl, postKdPpl;
    BlockSums denseBlocks, postKdBlocks;  ///< losses
    Json document = {};
    bool operator==(const DomainSummary&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("name", self.name, {});
        visitor.field("dense_ppl", self.densePpl, {});
        visitor.field("post_prune_ppl", self.postPrunePpl, {});
        visitor.field("post_kd_ppl", self.postKdPpl, {});
        visitor.known("dense_blocks", self.denseBlocks, {});
        visitor.known("post_kd_blocks", self.postKdBlocks, {});
    }
};

/// The starting and the final model under a further protocol (eval.also).
struct ProtocolSummary {
    std::string definition;
    std::optional<double> dense, final;
    Score denseReport, finalReport;
    Json document = {};
    bool operator==(const ProtocolSummary&) const = default;

    /// The definition, wherever the version that measured it has put it.
    [[nodiscard]] std::string recordedDefinition() const;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("definition", self.definition, {});
        visitor.field("dense", self.dense, {"perplexity"});
        visitor.field("final", self.final, {"perplexity"});
        visitor.field("dense_report", self.denseReport, {});
        visitor.field("final_report", self.finalReport, {});
    }
};

/// Calibration of a model, and how far its predictions lie from the starting model's.
struct QualityFigures {
    std::optional<double> ece, brier, entropy;
    std::optional<double> klToDense, agreement;  ///< of the final model
    Json document = {};
    bool operator==(const QualityFigures&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("ece", self.ece, {"expected calibration error"});
        visitor.field("brier", self.brier, {});
        visitor.field("entropy", self.entropy, {"", "nats"});
        visitor.known("kl_to_dense", self.klToDense, {"", "nats per token"});
        visitor.known("agreement", self.agreement, {});
    }
};

/// What is behind klToDense and agreement of the final model.
struct QualityComparison {
    BlockSums klBlocks, agreementBlocks;
    Json document = {};
    bool operator==(const QualityComparison&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.known("kl_blocks", self.klBlocks, {});
        visitor.known("top1_agreement_blocks", self.agreementBlocks, {});
    }
};

/// Both models on one text, which is not the one that perplexities are of.
struct QualitySummary {
    QualityFigures dense, final;
    std::optional<QualityComparison> comparison;
    std::optional<std::string> text;     ///< in words; early versions did not say
    std::optional<std::int64_t> tokens;  ///< scored
    Json document = {};
    bool operator==(const QualitySummary&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.known("text", self.text, {});
        visitor.known("tokens", self.tokens, {});
        visitor.field("dense", self.dense, {});
        visitor.field("final", self.final, {});
        visitor.known("comparison", self.comparison, {});
    }
};

/// Whose probabilities a run distilled.
struct TeacherSummary {
    std::string kind;  ///< "self", "model", "run" or "round"
    std::string path;
    std::optional<std::int64_t> run;
    std::optional<double> ppl;  ///< of a teacher that is not the run's own model
    Json document = {};
    bool operator==(const TeacherSummary&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("kind", self.kind, {});
        visitor.field("path", self.path, {});
        visitor.known("run", self.run, {});
        visitor.known("ppl", self.ppl, {});
    }
};

struct LineageSummary {
    std::string model;  ///< path of what the run started from
    std::optional<std::int64_t> parentRun, parentStep;
    std::optional<TeacherSummary> teacher;
    std::string student, control;
    Json chain = {};  ///< the runs before this one, as the model's file lists them
    Json document = {};
    bool operator==(const LineageSummary&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("model", self.model, {});
        visitor.field("parent_run", self.parentRun, {});
        visitor.field("parent_step", self.parentStep, {});
        visitor.field("teacher", self.teacher, {});
        visitor.field("student", self.student, {});
        visitor.field("control", self.control, {});
        visitor.known("chain", self.chain, {});
    }
};

/// A budget (distill.budget): how it was measured and what became of it. A token-equivalent is
/// what a token of a dense distillation step of 4 x 256 tokens costs on the run's machine.
struct BudgetSummary {
    std::int64_t tokens = 0;     ///< token-equivalents asked for
    double secondsPerToken = 0;  ///< of the dense step, measured before the first stage
    double spread = 0;           ///< quartile range of those steps, by their median
    std::int64_t rampSteps = 0;  ///< measured steps
    // When distillation began:
    std::optional<double> spentBefore;     ///< seconds of the stages before it
    std::optional<double> reserved;        ///< seconds for what follows beside steps and teacher
    std::optional<double> stepSeconds;     ///< of an optimiser step of the student
    std::optional<double> teacherSeconds;  ///< of the teacher's probabilities, a sample
    std::optional<std::int64_t> steps, samples;  ///< over all rounds; of the corpus
    std::optional<double> spent;                 ///< token-equivalents of all stages, in the end
    Json document = {};
    bool operator==(const BudgetSummary&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("tokens", self.tokens, {"", "token-equivalents"});
        visitor.field("seconds_per_token", self.secondsPerToken, {"", "s"});
        visitor.field("spread", self.spread, {});
        visitor.field("ramp_steps", self.rampSteps, {});
        visitor.known("spent_before", self.spentBefore, {"", "s"});
        visitor.known("reserved", self.reserved, {"", "s"});
        visitor.known("step_seconds", self.stepSeconds, {"", "s"});
        visitor.known("teacher_seconds", self.teacherSeconds, {"", "s"});
        visitor.known("steps", self.steps, {});
        visitor.known("samples", self.samples, {});
        visitor.known("spent", self.spent, {"", "token-equivalents"});
    }
};

/// A text that a run was measured on.
struct TextSummary {
    std::string text;  ///< as its spec names it
    std::string sha256;
    std::optional<std::int64_t> tokens;  ///< used
    std::int64_t unscored = 0;           ///< of these, read as context alone
    Json document = {};
    bool operator==(const TextSummary&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("text", self.text, {});
        visitor.field("sha256", self.sha256, {});
        visitor.field("tokens", self.tokens, {});
        visitor.field("unscored", self.unscored, {});
    }
};

/// The samples that a run calibrated and trained on.
struct CorpusSummary {
    std::optional<std::int64_t> samples, sequenceLength, tokens;
    std::optional<std::int64_t> distinct;  ///< samples without those that repeat an earlier one
    Json document = {};
    bool operator==(const CorpusSummary&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("samples", self.samples, {});
        visitor.field("sequence_length", self.sequenceLength, {});
        visitor.field("tokens", self.tokens, {});
        visitor.field("distinct", self.distinct, {});
    }
};

struct RunSummary {
    std::string name, protocol;
    std::optional<double> densePpl, denseStandardError;
    BlockSums denseBlocks;           ///< losses behind densePpl
    std::optional<double> startPpl;  ///< of the model it starts from where that is pruned already
    // The figures of the run list: of the last round that was not rolled back.
    std::optional<double> bytesRemoved, targetRemoved, parametersRemoved, mlpRemoved;
    std::optional<double> postPrunePpl, postKdPpl, postKdStandardError;
    std::optional<double> postRefinePpl;  ///< where blocks were refined
    std::optional<std::int64_t> parameters, kdSteps, bestStep;
    std::optional<double> kdSeconds;
    std::optional<TextSummary> evaluation, selection;
    std::optional<CorpusSummary> corpus;
    std::optional<std::string> corpusSha256, teacherSha256;
    std::optional<std::int64_t> threads;
    std::string arithmetic;  ///< "bf16" or "f32"
    std::vector<RoundSummary> rounds;
    std::vector<DomainSummary> domains;
    NamedValues<ProtocolSummary> also;  ///< by protocol
    std::optional<QualitySummary> quality;
    std::vector<AnswerSet> answers;  ///< to eval.prompts, in the order of the stages
    LineageSummary lineage;
    std::optional<BudgetSummary> budget;
    std::optional<double> teacherBytesPerToken;  ///< of the teacher cache on disk
    /// Of the starting and the final model in turns (spec.inference), as store/measurement_codec.h
    /// writes them; null where nothing was timed
    Json benchmark = {}, profile = {};
    std::optional<ConsistencySummary> consistency;  ///< of the same two models
    /// Of an elastic run; figures of the run list are those of its selection node
    std::optional<ElasticSummary> elastic;
    std::vector<TaskScores> tasks;  ///< of the starting, the cut and the recovered model
    Json document = {};
    bool operator==(const RunSummary&) const = default;

    /// Nothing is known at all.
    [[nodiscard]] bool empty() const;
    /// The perplexity the run ended with: after distillation, else after block refinement, else
    /// after pruning, else the dense one; NaN without any.
    [[nodiscard]] double finalPpl() const;
    /// The record of a round, or null.
    [[nodiscard]] const RoundSummary* findRound(std::int64_t number) const;
    /// What was measured under a further protocol, or null.
    [[nodiscard]] const ProtocolSummary* findAlso(const std::string& key) const;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("name", self.name, {});
        visitor.field("protocol", self.protocol, {});
        visitor.field("dense_ppl", self.densePpl, {});
        visitor.known("start_ppl", self.startPpl, {});
        visitor.field("dense_standard_error", self.denseStandardError, {});
        visitor.known("dense_blocks", self.denseBlocks, {});
        visitor.field("bytes_removed", self.bytesRemoved, {});
        visitor.field("target_removed", self.targetRemoved, {});
        visitor.field("parameters_removed", self.parametersRemoved, {});
        visitor.field("mlp_removed", self.mlpRemoved, {});
        visitor.field("post_prune_ppl", self.postPrunePpl, {});
        visitor.known("post_refine_ppl", self.postRefinePpl, {});
        visitor.field("post_kd_ppl", self.postKdPpl, {});
        visitor.field("post_kd_standard_error", self.postKdStandardError, {});
        visitor.field("parameters", self.parameters, {});
        visitor.field("kd_steps", self.kdSteps, {});
        visitor.field("kd_seconds", self.kdSeconds, {"", "s"});
        visitor.field("best_step", self.bestStep, {});
        visitor.known("evaluation", self.evaluation, {});
        visitor.known("selection", self.selection, {});
        visitor.known("corpus", self.corpus, {});
        visitor.field("corpus_sha256", self.corpusSha256, {});
        visitor.field("teacher_sha256", self.teacherSha256, {});
        visitor.field("threads", self.threads, {});
        visitor.field("arithmetic", self.arithmetic, {});
        visitor.field("rounds", self.rounds, {});
        visitor.field("domains", self.domains, {});
        visitor.field("also", self.also, {});
        visitor.field("quality", self.quality, {});
        visitor.known("answers", self.answers, {});
        visitor.field("lineage", self.lineage, {});
        visitor.known("budget", self.budget, {});
        visitor.known("teacher_bytes_per_token", self.teacherBytesPerToken, {"", "bytes"});
        visitor.known("benchmark", self.benchmark, {});
        visitor.known("profile", self.profile, {});
        visitor.known("consistency", self.consistency, {});
        visitor.known("elastic", self.elastic, {});
        visitor.known("tasks", self.tasks, {});
    }
};
using RunSummaryPtr = std::shared_ptr<const RunSummary>;

/// A summary of this or an earlier version; what is no object has no figures.
RunSummary readRunSummary(const Json& document);
/// {} of an empty one.
Json toJson(const RunSummary& summary);

}  // namespace skd
