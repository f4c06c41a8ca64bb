#pragma once

#include <memory>

#include "base/record.h"

/// What a run has measured, as its stages hand it on, the store keeps it and front ends show it.
/// Shares are of the dense model, 0 to 1; perplexities under the run's own protocol unless said
/// otherwise, NaN where they were not finite.
namespace skd {

/// A perplexity with what makes it comparable; its document is the evaluation's whole report.
struct Score {
    std::optional<double> ppl, standardError;
    std::string protocol, textSha256;
    std::optional<std::int64_t> tokens, context, stride;
    Json document = {};
    bool operator==(const Score&) const = default;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("ppl", self.ppl, FieldInfo{});
        visitor.field("standard_error", self.standardError, FieldInfo{});
        visitor.field("protocol", self.protocol, FieldInfo{});
        visitor.field("text_sha256", self.textSha256, FieldInfo{});
        visitor.field("tokens", self.tokens, FieldInfo{});
        visitor.field("context", self.context, FieldInfo{});
        visitor.field("stride", self.stride, FieldInfo{});
    }
};

/// Perplexity by held-out domain; empty where none was measured.
using DomainScores = NamedValues<std::optional<double>>;

/// One cut, and the distillation after it. Steps count over the whole run.
struct RoundSummary {
    std::optional<std::int64_t> round;  ///< from 1; early versions did not say
    std::optional<double> target;       ///< share asked for
    std::optional<double> targetRemoved, mlpRemoved, parametersRemoved, bytesRemoved;
    std::optional<std::int64_t> parameters;  ///< that remain
    Json details = {};                       ///< of the method: dropped layers, mask pattern
    std::optional<double> gateKl;  ///< nats per token to the model before the cut; none: no gate
    bool rolledBack = false;       ///< the cut was refused; the model is the one before it
    std::optional<double> preKdPpl, preKdStandardError, postKdPpl, postKdStandardError;
    DomainScores preKdDomains, postKdDomains;
    std::int64_t firstStep = 0, steps = 0, bestStep = 0;
    std::optional<double> seconds;  ///< of distillation; none where nothing was distilled
    std::string reason;             ///< why distillation ended
    Json document = {};
    bool operator==(const RoundSummary&) const = default;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("round", self.round, FieldInfo{});
        visitor.field("target", self.target, FieldInfo{});
        visitor.field("target_removed", self.targetRemoved, FieldInfo{});
        visitor.field("mlp_removed", self.mlpRemoved, FieldInfo{});
        visitor.field("parameters_removed", self.parametersRemoved, FieldInfo{});
        visitor.field("bytes_removed", self.bytesRemoved, FieldInfo{});
        visitor.field("parameters", self.parameters, FieldInfo{});
        visitor.field("details", self.details, FieldInfo{});
        visitor.field("gate_kl", self.gateKl, FieldInfo{"", "nats per token"});
        visitor.field("rolled_back", self.rolledBack, FieldInfo{});
        visitor.field("pre_kd_ppl", self.preKdPpl, FieldInfo{});
        visitor.field("pre_kd_standard_error", self.preKdStandardError, FieldInfo{});
        visitor.field("post_kd_ppl", self.postKdPpl, FieldInfo{});
        visitor.field("post_kd_standard_error", self.postKdStandardError, FieldInfo{});
        visitor.field("pre_kd_domains", self.preKdDomains, FieldInfo{});
        visitor.field("post_kd_domains", self.postKdDomains, FieldInfo{});
        visitor.field("first_step", self.firstStep, FieldInfo{});
        visitor.field("steps", self.steps, FieldInfo{});
        visitor.field("best_step", self.bestStep, FieldInfo{});
        visitor.field("seconds", self.seconds, FieldInfo{"", "s"});
        visitor.field("reason", self.reason, FieldInfo{});
    }
};

/// Held-out text of one corpus share: before pruning, and around the last cut that stands.
struct DomainSummary {
    std::string name;
    std::optional<double> densePpl, postPrunePpl, postKdPpl;
    Json document = {};
    bool operator==(const DomainSummary&) const = default;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("name", self.name, FieldInfo{});
        visitor.field("dense_ppl", self.densePpl, FieldInfo{});
        visitor.field("post_prune_ppl", self.postPrunePpl, FieldInfo{});
        visitor.field("post_kd_ppl", self.postKdPpl, FieldInfo{});
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

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("definition", self.definition, FieldInfo{});
        visitor.field("dense", self.dense, FieldInfo{"perplexity"});
        visitor.field("final", self.final, FieldInfo{"perplexity"});
        visitor.field("dense_report", self.denseReport, FieldInfo{});
        visitor.field("final_report", self.finalReport, FieldInfo{});
    }
};

/// Calibration of a model, and how far its predictions lie from the starting model's.
struct QualityFigures {
    std::optional<double> ece, brier, entropy;
    std::optional<double> klToDense, agreement;  ///< of the final model
    Json document = {};
    bool operator==(const QualityFigures&) const = default;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("ece", self.ece, FieldInfo{"expected calibration error"});
        visitor.field("brier", self.brier, FieldInfo{});
        visitor.field("entropy", self.entropy, FieldInfo{"", "nats"});
        visitor.known("kl_to_dense", self.klToDense, FieldInfo{"", "nats per token"});
        visitor.known("agreement", self.agreement, FieldInfo{});
    }
};

struct QualitySummary {
    QualityFigures dense, final;
    Json document = {};
    bool operator==(const QualitySummary&) const = default;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("dense", self.dense, FieldInfo{});
        visitor.field("final", self.final, FieldInfo{});
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

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("kind", self.kind, FieldInfo{});
        visitor.field("path", self.path, FieldInfo{});
        visitor.known("run", self.run, FieldInfo{});
        visitor.known("ppl", self.ppl, FieldInfo{});
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

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("model", self.model, FieldInfo{});
        visitor.field("parent_run", self.parentRun, FieldInfo{});
        visitor.field("parent_step", self.parentStep, FieldInfo{});
        visitor.field("teacher", self.teacher, FieldInfo{});
        visitor.field("student", self.student, FieldInfo{});
        visitor.field("control", self.control, FieldInfo{});
        visitor.known("chain", self.chain, FieldInfo{});
    }
};

struct RunSummary {
    std::string name, protocol;
    std::optional<double> densePpl, denseStandardError;
    std::optional<double> startPpl;  ///< of the model it starts from where that is pruned already
    // The figures of the run list: of the last round that was not rolled back.
    std::optional<double> bytesRemoved, targetRemoved, parametersRemoved, mlpRemoved;
    std::optional<double> postPrunePpl, postKdPpl, postKdStandardError;
    std::optional<std::int64_t> parameters, kdSteps, bestStep;
    std::optional<double> kdSeconds;
    std::optional<std::string> corpusSha256, teacherSha256;
    std::optional<std::int64_t> threads;
    std::string arithmetic;  ///< "bf16" or "f32"
    std::vector<RoundSummary> rounds;
    std::vector<DomainSummary> domains;
    NamedValues<ProtocolSummary> also;  ///< by protocol
    std::optional<QualitySummary> quality;
    LineageSummary lineage;
    Json document = {};
    bool operator==(const RunSummary&) const = default;

    /// Nothing is known at all.
    [[nodiscard]] bool empty() const;
    /// The perplexity the run ended with: after distillation, else after pruning, else the dense
    /// one; NaN without any.
    [[nodiscard]] double finalPpl() const;
    /// The record of a round, or null.
    [[nodiscard]] const RoundSummary* findRound(std::int64_t number) const;
    /// What was measured under a further protocol, or null.
    [[nodiscard]] const ProtocolSummary* findAlso(const std::string& key) const;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("name", self.name, FieldInfo{});
        visitor.field("protocol", self.protocol, FieldInfo{});
        visitor.field("dense_ppl", self.densePpl, FieldInfo{});
        visitor.known("start_ppl", self.startPpl, FieldInfo{});
        visitor.field("dense_standard_error", self.denseStandardError, FieldInfo{});
        visitor.field("bytes_removed", self.bytesRemoved, FieldInfo{});
        visitor.field("target_removed", self.targetRemoved, FieldInfo{});
        visitor.field("parameters_removed", self.parametersRemoved, FieldInfo{});
        visitor.field("mlp_removed", self.mlpRemoved, FieldInfo{});
        visitor.field("post_prune_ppl", self.postPrunePpl, FieldInfo{});
        visitor.field("post_kd_ppl", self.postKdPpl, FieldInfo{});
        visitor.field("post_kd_standard_error", self.postKdStandardError, FieldInfo{});
        visitor.field("parameters", self.parameters, FieldInfo{});
        visitor.field("kd_steps", self.kdSteps, FieldInfo{});
        visitor.field("kd_seconds", self.kdSeconds, FieldInfo{"", "s"});
        visitor.field("best_step", self.bestStep, FieldInfo{});
        visitor.field("corpus_sha256", self.corpusSha256, FieldInfo{});
        visitor.field("teacher_sha256", self.teacherSha256, FieldInfo{});
        visitor.field("threads", self.threads, FieldInfo{});
        visitor.field("arithmetic", self.arithmetic, FieldInfo{});
        visitor.field("rounds", self.rounds, FieldInfo{});
        visitor.field("domains", self.domains, FieldInfo{});
        visitor.field("also", self.also, FieldInfo{});
        visitor.field("quality", self.quality, FieldInfo{});
        visitor.field("lineage", self.lineage, FieldInfo{});
    }
};
using RunSummaryPtr = std::shared_ptr<const RunSummary>;

/// A summary of this or an earlier version; what is no object has no figures.
RunSummary readRunSummary(const Json& document);
/// {} of an empty one.
Json toJson(const RunSummary& summary);

}  // namespace skd
