#pragma once

#include "base/record.h"
#include "results/block_sums.h"
#include "results/elastic_summary.h"

namespace skd {

/// Perplexity on a held-out domain.
struct DomainScore {
    std::optional<double> ppl;
    BlockSums blocks;  ///< losses
    Json document = {};
    bool operator==(const DomainScore&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("ppl", self.ppl, {});
        visitor.known("block_losses", self.blocks, {});
    }
};
/// Early versions kept the perplexity alone.
inline bool readMember(const Json& json, DomainScore& out) {
    if (json.is_object()) out = readRecord<DomainScore>(json);
    return json.is_object() || readMember(json, out.ppl);
}

/// By domain; empty where none was measured.
using DomainScores = NamedValues<DomainScore>;

/// One cut, and the distillation after it. Steps count over the whole run.
struct RoundSummary {
    /// Cuts that a round tries at most; trial n of a run, from 1, is of round 1 + (n - 1) / this.
    static constexpr std::int64_t kGateTrials = 6;

    std::optional<std::int64_t> round;  ///< from 1; early versions did not say
    std::optional<double> target;       ///< share asked for
    std::optional<double> targetRemoved, mlpRemoved, parametersRemoved, bytesRemoved;
    std::optional<std::int64_t> parameters;  ///< that remain
    Json details = {};                       ///< of the method: dropped layers, mask pattern
    std::optional<double> gateKl;  ///< nats per token to the model before the cut; none: no gate
    /// The same from the model the run began with: after the cut, and after distillation.
    std::optional<double> gateOriginalKl, recoveredKl;
    std::optional<double> gateStandardError;  ///< of the distance that the gate limits
    /// Halves of the 95 % intervals of gateKl, gateOriginalKl and recoveredKl
    std::optional<double> gateHalfWidth, gateOriginalHalfWidth, recoveredHalfWidth;
    bool rolledBack = false;  ///< the cut was refused; the model is the one before it
    std::optional<double> preKdPpl, preKdStandardError, postKdPpl, postKdStandardError;
    BlockSums postKdBlocks;  ///< losses behind postKdPpl
    DomainScores preKdDomains, postKdDomains;
    std::int64_t firstStep = 0, steps = 0, bestStep = 0;
    std::optional<double> seconds;  ///< of distillation; none where nothing was distilled
    std::string reason;             ///< why distillation ended, or the cut was refused
    /// Where the spec has no number: the peak, and its rule, or how a ramp chose it or could not
    std::optional<double> learningRate;
    std::optional<std::string> learningRateReason;
    /// Where blocks were refined between cut and distillation: error of a block's output over its
    /// variance, the mean over the blocks, before and after
    std::optional<double> refineBefore, refineAfter, refineSeconds;
    std::optional<double> postRefinePpl, postRefineStandardError;
    /// Of an elastic student: its sizes; all other figures are of its selection node
    std::optional<ElasticSummary> elastic;
    Json document = {};
    bool operator==(const RoundSummary&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("round", self.round, {});
        visitor.field("target", self.target, {});
        visitor.field("target_removed", self.targetRemoved, {});
        visitor.field("mlp_removed", self.mlpRemoved, {});
        visitor.field("parameters_removed", self.parametersRemoved, {});
        visitor.field("bytes_removed", self.bytesRemoved, {});
        visitor.field("parameters", self.parameters, {});
        visitor.field("details", self.details, {});
        visitor.field("gate_kl", self.gateKl, {"", "nats per token"});
        visitor.field("rolled_back", self.rolledBack, {});
        visitor.field("pre_kd_ppl", self.preKdPpl, {});
        visitor.field("pre_kd_standard_error", self.preKdStandardError, {});
        visitor.field("post_kd_ppl", self.postKdPpl, {});
        visitor.field("post_kd_standard_error", self.postKdStandardError, {});
        visitor.known("post_kd_blocks", self.postKdBlocks, {});
        visitor.field("pre_kd_domains", self.preKdDomains, {});
        visitor.field("post_kd_domains", self.postKdDomains, {});
        visitor.field("first_step", self.firstStep, {});
        visitor.field("steps", self.steps, {});
        visitor.field("best_step", self.bestStep, {});
        visitor.field("seconds", self.seconds, {"", "s"});
        visitor.field("reason", self.reason, {});
        visitor.known("learning_rate", self.learningRate, {});
        visitor.known("learning_rate_reason", self.learningRateReason, {});
        visitor.known("gate_standard_error", self.gateStandardError, {"", "nats per token"});
        visitor.known("gate_original_kl", self.gateOriginalKl, {"", "nats per token"});
        visitor.known("recovered_kl", self.recoveredKl, {"", "nats per token"});
        visitor.known("gate_half_width", self.gateHalfWidth, {"", "nats per token"});
        visitor.known("gate_original_half_width", self.gateOriginalHalfWidth,
                      {"", "nats per token"});
        visitor.known("recovered_half_width", self.recoveredHalfWidth, {"", "nats per token"});
        visitor.known("refine_before", self.refineBefore, {});
        visitor.known("refine_after", self.refineAfter, {});
        visitor.known("refine_seconds", self.refineSeconds, {"", "s"});
        visitor.known("post_refine_ppl", self.postRefinePpl, {});
        visitor.known("post_refine_standard_error", self.postRefineStandardError, {});
        visitor.known("elastic", self.elastic, {});
    }
};

}  // namespace skd
