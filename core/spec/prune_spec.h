#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/result.h"
#include "results/analysis.h"

namespace skd {

enum class PruneMethod { Svd, Wanda, Magnitude, SparseGpt, LlmPruner, ShortGpt, SliceGpt, None };
template <>
inline constexpr auto kNames<PruneMethod> = names<PruneMethod>({"svd", "wanda", "magnitude",
                                                                "sparsegpt", "llm-pruner",
                                                                "shortgpt", "slicegpt", "none"});

enum class PruneTargets { Mlp, Attention, All };
template <>
inline constexpr auto kNames<PruneTargets> = names<PruneTargets>({"mlp", "attention", "all"});

enum class GateUp { Separate, Fused, PerLayer };
template <>
inline constexpr auto kNames<GateUp> = names<GateUp>({"separate", "fused", "per-layer"});

enum class RankRule { Budget, Uniform, Tiers, Energy, Explicit, Search, Random };
template <>
inline constexpr auto kNames<RankRule> = names<RankRule>({"budget", "uniform", "tiers", "energy",
                                                          "explicit", "search", "random"});

enum class PruneCost { Parameters, Latency };
template <>
inline constexpr auto kNames<PruneCost> = names<PruneCost>({"parameters", "latency"});

enum class WeightRule { Measured, Relative, Unit, Tiers };
template <>
inline constexpr auto kNames<WeightRule> = names<WeightRule>({"measured", "relative", "unit",
                                                              "tiers"});

/// What a divergence is measured from: the model before the cut, or the one the run began with.
enum class KlReference { Before, Original };
template <>
inline constexpr auto kNames<KlReference> = names<KlReference>({"before", "original"});

enum class MaskScope { Row, Matrix };
template <>
inline constexpr auto kNames<MaskScope> = names<MaskScope>({"row", "matrix"});

enum class ChannelImportance { Taylor, Fisher };
template <>
inline constexpr auto kNames<ChannelImportance> = names<ChannelImportance>({"taylor", "fisher"});

/// How an MLP is made smaller: its matrices cut by rank, its channels removed, or in each layer the
/// one that costs less at the budget.
enum class MlpArm { Factored, Channels, Either };
template <>
inline constexpr auto kNames<MlpArm> = names<MlpArm>({"factored", "channels", "either"});

/// n:m sparsity: of every `group` weights that follow each other in a row, `keep` stay.
struct MaskPattern {
    std::int64_t keep = 0, group = 0;
    bool operator==(const MaskPattern&) const = default;
};

/// Reads "n:m" with 0 < n < m <= 64; InvalidInput otherwise.
Result<MaskPattern> parseMaskPattern(const std::string& text);

/// How matrices are cut. Rank 0 means the matrix stays dense.
struct PruneSpec {
    PruneMethod method = PruneMethod::Svd;
    PruneTargets targets = PruneTargets::Mlp;
    GateUp gateUp = GateUp::Separate;
    MatrixForm form = MatrixForm::Factored;
    MlpArm mlpArm = MlpArm::Factored;
    std::int64_t channelMultiple = 32;
    double channelRidge = 1e-3;
    std::vector<std::string> locked;
    Truncation truncation = Truncation::Fisher;
    double asvdAlpha = 0.5;
    RankRule ranks = RankRule::Budget;
    double target = 0.15;
    double energy = 0.95;
    double searchPerplexity = 0;
    PruneCost cost = PruneCost::Parameters;
    std::int64_t costBatch = 1;
    WeightRule weights = WeightRule::Measured;
    double tierEarly = 0.5, tierMiddle = 1.5, tierLate = 0.5;
    std::int64_t rankMultiple = 16;
    std::int64_t calibrationTokens = 8192, fisherTokens = 8192, probeTokens = 1024;
    double probeFraction = 0.5;
    std::int64_t probeRanks = 3;
    std::int64_t remeasure = 0;
    bool skipFirstPosition = false;
    std::map<std::string, std::int64_t> explicitRanks;
    std::string pattern;
    MaskScope scope = MaskScope::Row;
    ChannelImportance importance = ChannelImportance::Taylor;
    ProbeLaw probeLaw = ProbeLaw::Points;
    KlReference probeReference = KlReference::Before;
    std::int64_t depthTrials = 0;
    std::map<std::string, double> energies;
    double fisherEdge = 0, fisherClip = 0, shrinkInput = 0, shrinkOutput = 0;

    /// Ranks at which each matrix is probed where weights are measured.
    [[nodiscard]] std::int64_t probesPerMatrix() const {
        return probeLaw == ProbeLaw::Power ? 2 : probeRanks;
    }

    bool operator==(const PruneSpec&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitMethod(self, visitor);
        visitChannels(self, visitor);
        visitRanks(self, visitor);
        visitMeasures(self, visitor);
        visitAllocation(self, visitor);
        visitStatistics(self, visitor);
    }

private:
    static void visitMethod(auto& self, auto& visitor) {
        visitor.field("method", self.method,
                      {"svd factors matrices; wanda, magnitude and sparsegpt mask weights; "
                       "llm-pruner removes MLP channels; shortgpt drops layers; slicegpt rotates "
                       "and narrows the residual stream; none leaves the model dense"});
        visitor.field("targets", self.targets,
                      {"matrices that may be cut (svd, wanda, magnitude, sparsegpt)"});
        visitor.field("gate_up", self.gateUp,
                      {"gate and up cut on their own, as the one matrix that Phi-3 stores, or in "
                       "each layer in "
                       "the way that discards less at `target` (svd)"});
        visitor.field(
            "form", self.form,
            {.help = "how a cut matrix is held and trained: factored, two thin factors, r (m + n) "
                     "parameters; identity-block, r of its rows and what the others are of them, "
                     "r (m + n - r) parameters: more rank for the same size (svd)",
             .isLater = true});
        visitor.field("locked", self.locked,
                      {"matrices or layers that stay as they are: names or beginnings of "
                       "names, e.g. model.layers.0"});
        visitor.field(
            "truncation", self.truncation,
            {"what singular values are taken under: whitened by the inputs' Gram matrix, plain, "
             "asvd (scaled by the inputs' mean size), fisher (inputs and output gradients)"});
        visitor.field("asvd_alpha", self.asvdAlpha,
                      {"exponent of the inputs' mean size (asvd)", "", 0, 2});
    }

    static void visitChannels(auto& self, auto& visitor) {
        visitor.field(
            "mlp_arm", self.mlpArm,
            {.help = "factored cuts MLP matrices by rank; channels makes MLPs narrower, and down "
                     "takes over what the removed channels gave; either takes in each layer the "
                     "one that does less damage at the budget (svd; budget, search, explicit)",
             .isLater = true});
        visitor.field("channel_multiple", self.channelMultiple,
                      {"widths of narrowed MLPs are multiples of this (channels, either)", "", 1,
                       4096, true});
        visitor.field("channel_ridge", self.channelRidge,
                      {"share of the channels' mean square that is added to their Gram matrix "
                       "(channels, either)",
                       "fraction", 1e-8, 1, true});
    }

    static void visitRanks(auto& self, auto& visitor) {
        visitor.field("ranks", self.ranks, {"what fixes the ranks (svd)"});
        visitor.field("target", self.target,
                      {"fraction removed: of the target matrices' parameters, of layers "
                       "(shortgpt), of residual directions (slicegpt)",
                       "fraction", 0, 0.99});
        visitor.field("energy", self.energy,
                      {"share of squared singular values kept (energy)", "fraction", 0.01, 1});
        visitor.field("search_ppl", self.searchPerplexity,
                      {"largest perplexity on the live slice; the fewest parameters "
                       "within it are searched (search)",
                       "", 0, 1e9});
        visitor.field("cost", self.cost,
                      {"what a rank costs and `target` is a share of: parameters, or time "
                       "as measured on this machine (budget, search)"});
        visitor.field("cost_batch", self.costBatch,
                      {"rows of input for that time: 1 is decoding one sequence, many are "
                       "prefill (latency); also for the warning that a rank is not faster",
                       "", 1, 65536});
        visitor.field("weights", self.weights,
                      {"how errors of matrices are weighed against each other: by measured KL (the "
                       "load path), relative to the matrix's output, by the truncation's own unit "
                       "(nats under fisher), by tiers (budget, search)"});
        visitor.field(
            "tier_early", self.tierEarly,
            {"share removed from the first third of the layers, relative to the others (tiers)", "",
             0, 100});
        visitor.field("tier_middle", self.tierMiddle, {"the same, middle third", "", 0, 100});
        visitor.field("tier_late", self.tierLate, {"the same, last third", "", 0, 100});
    }

    static void visitMeasures(auto& self, auto& visitor) {
        visitor.field("rank_multiple", self.rankMultiple,
                      {"ranks are multiples of this", "", 1, 256});
        visitor.field("calibration_tokens", self.calibrationTokens,
                      {"tokens for Gram matrices, input norms and importances", "tokens", 1, 1e9});
        visitor.field("fisher_tokens", self.fisherTokens,
                      {"tokens for the output gradients (fisher)", "tokens", 1, 1e9});
        visitor.field("probe_tokens", self.probeTokens,
                      {"tokens for the measured weights", "tokens", 1, 1e9});
        visitor.field("probe_fraction", self.probeFraction,
                      {"probe rank as a share of the break-even rank", "fraction", 0.01, 1});
        visitor.field(
            "probe_ranks", self.probeRanks,
            {"ranks at which each matrix is probed, below and above the probe rank", "", 1, 8});
        visitor.field(
            "remeasure", self.remeasure,
            {"times the weights are measured again as the cut deepens (budget)", "", 0, 16});
        visitor.field("skip_first_position", self.skipFirstPosition,
                      {"skip the first position in the calibration statistics"});
        visitor.field("explicit_ranks", self.explicitRanks,
                      {"rank by matrix name; of an MLP's name, e.g. model.layers.3.mlp, its width "
                       "(channels, either); 0 stays dense (explicit)",
                       "", 0, 1e6});
        visitor.field("pattern", self.pattern,
                      {"n:m keeps n of every m weights of a row, e.g. 2:4; empty removes "
                       "the fraction `target` (wanda, magnitude, sparsegpt)"});
        visitor.field("scope", self.scope,
                      {"weights compete within a row or within the matrix (magnitude)"});
        visitor.field("importance", self.importance,
                      {"of a channel: first-order Taylor term or squared gradient (llm-pruner)"});
    }

    static void visitAllocation(auto& self, auto& visitor) {
        visitor.field(
            "probe_law", self.probeLaw,
            {.help = "how damage goes through a matrix' probes: points, `probe_ranks` of them with "
                     "lines between in the logarithms; power, one law c d^p through two, at a "
                     "tenth of the break-even rank and at `probe_fraction` of it (measured)",
             .isLater = true});
        visitor.field("energies", self.energies,
                      {.help = "other values of `energy` for matrices or layers, by name or "
                               "beginning of a name; the longest that fits counts (energy)",
                       .minimum = 0.01,
                       .maximum = 1,
                       .isLater = true});
        visitor.field("probe_reference", self.probeReference,
                      {.help = "what a probe's KL is measured from in later rounds: the model "
                               "before the cut, or the original that the run began with",
                       .isLater = true});
        visitor.field(
            "depth_trials", self.depthTrials,
            {.help = "allocations tried, each by its KL on the probe tokens, with the damage of "
                     "early layers raised more or less; the best is taken; 0 is off (budget)",
             .minimum = 0,
             .maximum = 64,
             .isLater = true});
    }

    static void visitStatistics(auto& self, auto& visitor) {
        visitor.field("fisher_edge", self.fisherEdge,
                      {.help = "share of a sequence's positions that output gradients leave out at "
                               "each end (fisher)",
                       .unit = "fraction",
                       .minimum = 0,
                       .maximum = 0.45,
                       .isLater = true});
        visitor.field("fisher_clip", self.fisherClip,
                      {.help = "a token's output gradient is held within this factor of the mean "
                               "norm of its sequence, above and below; 0 is off (fisher)",
                       .minimum = 0,
                       .maximum = 1e6,
                       .isLater = true});
        visitor.field("shrink_input", self.shrinkInput,
                      {.help = "share of the inputs' Gram matrix that is replaced by its mean "
                               "diagonal (whitened, fisher)",
                       .unit = "fraction",
                       .minimum = 0,
                       .maximum = 1,
                       .isLater = true});
        visitor.field("shrink_output", self.shrinkOutput,
                      {.help = "the same of the output gradients' matrix (fisher)",
                       .unit = "fraction",
                       .minimum = 0,
                       .maximum = 1,
                       .isLater = true});
    }
};

}  // namespace skd
