#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/fields.h"
#include "results/analysis.h"

namespace skd {

enum class PruneMethod { Svd, Wanda, Magnitude, SparseGpt, LlmPruner, ShortGpt, SliceGpt, None };
template <>
inline constexpr auto kNames<PruneMethod> = names<PruneMethod>({
    {PruneMethod::Svd, "svd"},
    {PruneMethod::Wanda, "wanda"},
    {PruneMethod::Magnitude, "magnitude"},
    {PruneMethod::SparseGpt, "sparsegpt"},
    {PruneMethod::LlmPruner, "llm-pruner"},
    {PruneMethod::ShortGpt, "shortgpt"},
    {PruneMethod::SliceGpt, "slicegpt"},
    {PruneMethod::None, "none"},
});

enum class PruneTargets { Mlp, Attention, All };
template <>
inline constexpr auto kNames<PruneTargets> = names<PruneTargets>({
    {PruneTargets::Mlp, "mlp"},
    {PruneTargets::Attention, "attention"},
    {PruneTargets::All, "all"},
});

enum class GateUp { Separate, Fused };
template <>
inline constexpr auto kNames<GateUp> = names<GateUp>({{GateUp::Separate, "separate"},
                                                      {GateUp::Fused, "fused"}});

enum class RankRule { Budget, Uniform, Tiers, Energy, Explicit, Search, Random };
template <>
inline constexpr auto kNames<RankRule> = names<RankRule>({
    {RankRule::Budget, "budget"},
    {RankRule::Uniform, "uniform"},
    {RankRule::Tiers, "tiers"},
    {RankRule::Energy, "energy"},
    {RankRule::Explicit, "explicit"},
    {RankRule::Search, "search"},
    {RankRule::Random, "random"},
});

enum class PruneCost { Parameters, Latency };
template <>
inline constexpr auto kNames<PruneCost> = names<PruneCost>({{PruneCost::Parameters, "parameters"},
                                                            {PruneCost::Latency, "latency"}});

enum class WeightRule { Measured, Relative, Unit, Tiers };
template <>
inline constexpr auto kNames<WeightRule> = names<WeightRule>({
    {WeightRule::Measured, "measured"},
    {WeightRule::Relative, "relative"},
    {WeightRule::Unit, "unit"},
    {WeightRule::Tiers, "tiers"},
});

enum class MaskScope { Row, Matrix };
template <>
inline constexpr auto kNames<MaskScope> = names<MaskScope>({{MaskScope::Row, "row"},
                                                            {MaskScope::Matrix, "matrix"}});

enum class ChannelImportance { Taylor, Fisher };
template <>
inline constexpr auto kNames<ChannelImportance> = names<ChannelImportance>(
    {{ChannelImportance::Taylor, "taylor"}, {ChannelImportance::Fisher, "fisher"}});

/// How matrices are cut. Rank 0 means the matrix stays dense.
struct PruneSpec {
    PruneMethod method = PruneMethod::Svd;
    PruneTargets targets = PruneTargets::Mlp;
    GateUp gateUp = GateUp::Separate;
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
    double tierEarly = 0.5;
    double tierMiddle = 1.5;
    double tierLate = 0.5;
    std::int64_t rankMultiple = 16;
    std::int64_t calibrationTokens = 8192;
    std::int64_t fisherTokens = 8192;
    std::int64_t probeTokens = 1024;
    double probeFraction = 0.5;
    std::int64_t probeRanks = 3;
    std::int64_t remeasure = 0;
    bool skipFirstPosition = false;
    std::map<std::string, std::int64_t> explicitRanks;
    std::string pattern;
    MaskScope scope = MaskScope::Row;
    ChannelImportance importance = ChannelImportance::Taylor;

    bool operator==(const PruneSpec&) const = default;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitMethod(self, visitor);
        visitRanks(self, visitor);
        visitMeasures(self, visitor);
    }

private:
    template <class Self, class Visitor>
    static void visitMethod(Self& self, Visitor& visitor) {
        visitor.field(
            "method", self.method,
            FieldInfo{"svd factors matrices; wanda, magnitude and sparsegpt mask weights; "
                      "llm-pruner removes MLP channels; shortgpt drops layers; slicegpt rotates "
                      "and narrows the residual stream; none leaves the model dense"});
        visitor.field("targets", self.targets,
                      FieldInfo{"matrices that may be cut (svd, wanda, magnitude, sparsegpt)"});
        visitor.field(
            "gate_up", self.gateUp,
            FieldInfo{
                "gate and up cut on their own, or as the one matrix that Phi-3 stores (svd)"});
        visitor.field("locked", self.locked,
                      FieldInfo{"matrices or layers that stay as they are: names or beginnings of "
                                "names, e.g. model.layers.0"});
        visitor.field(
            "truncation", self.truncation,
            FieldInfo{
                "what singular values are taken under: whitened by the inputs' Gram matrix, plain, "
                "asvd (scaled by the inputs' mean size), fisher (inputs and output gradients)"});
        visitor.field("asvd_alpha", self.asvdAlpha,
                      FieldInfo{"exponent of the inputs' mean size (asvd)", "", 0, 2});
    }

    template <class Self, class Visitor>
    static void visitRanks(Self& self, Visitor& visitor) {
        visitor.field("ranks", self.ranks, FieldInfo{"what fixes the ranks (svd)"});
        visitor.field("target", self.target,
                      FieldInfo{"fraction removed: of the target matrices' parameters, of layers "
                                "(shortgpt), of residual directions (slicegpt)",
                                "fraction", 0, 0.99});
        visitor.field(
            "energy", self.energy,
            FieldInfo{"share of squared singular values kept (energy)", "fraction", 0.01, 1});
        visitor.field("search_ppl", self.searchPerplexity,
                      FieldInfo{"largest perplexity on the live slice; the fewest parameters "
                                "within it are searched (search)",
                                "", 0, 1e9});
        visitor.field("cost", self.cost,
                      FieldInfo{"what a rank costs and `target` is a share of: parameters, or time "
                                "as measured on this machine (budget, search)"});
        visitor.field("cost_batch", self.costBatch,
                      FieldInfo{"rows of input for that time: 1 is decoding one sequence, many are "
                                "prefill (latency); also for the warning that a rank is not faster",
                                "", 1, 65536});
        visitor.field(
            "weights", self.weights,
            FieldInfo{"how errors of matrices are weighed against each other: by measured KL (the "
                      "load path), relative to the matrix's output, by the truncation's own unit "
                      "(nats under fisher), by tiers (budget, search)"});
        visitor.field(
            "tier_early", self.tierEarly,
            FieldInfo{
                "share removed from the first third of the layers, relative to the others (tiers)",
                "", 0, 100});
        visitor.field("tier_middle", self.tierMiddle,
                      FieldInfo{"the same, middle third", "", 0, 100});
        visitor.field("tier_late", self.tierLate, FieldInfo{"the same, last third", "", 0, 100});
    }

    template <class Self, class Visitor>
    static void visitMeasures(Self& self, Visitor& visitor) {
        visitor.field("rank_multiple", self.rankMultiple,
                      FieldInfo{"ranks are multiples of this", "", 1, 256});
        visitor.field(
            "calibration_tokens", self.calibrationTokens,
            FieldInfo{"tokens for Gram matrices, input norms and importances", "tokens", 1, 1e9});
        visitor.field("fisher_tokens", self.fisherTokens,
                      FieldInfo{"tokens for the output gradients (fisher)", "tokens", 1, 1e9});
        visitor.field("probe_tokens", self.probeTokens,
                      FieldInfo{"tokens for the measured weights", "tokens", 1, 1e9});
        visitor.field(
            "probe_fraction", self.probeFraction,
            FieldInfo{"probe rank as a share of the break-even rank", "fraction", 0.01, 1});
        visitor.field(
            "probe_ranks", self.probeRanks,
            FieldInfo{"ranks at which each matrix is probed, below and above the probe rank", "", 1,
                      8});
        visitor.field("remeasure", self.remeasure,
                      FieldInfo{"times the weights are measured again as the cut deepens (budget)",
                                "", 0, 16});
        visitor.field("skip_first_position", self.skipFirstPosition,
                      FieldInfo{"skip the first position in the calibration statistics"});
        visitor.field("explicit_ranks", self.explicitRanks,
                      FieldInfo{"rank by matrix name; 0 stays dense (explicit)", "", 0, 1e6});
        visitor.field("pattern", self.pattern,
                      FieldInfo{"n:m keeps n of every m weights of a row, e.g. 2:4; empty removes "
                                "the fraction `target` (wanda, magnitude, sparsegpt)"});
        visitor.field("scope", self.scope,
                      FieldInfo{"weights compete within a row or within the matrix (magnitude)"});
        visitor.field(
            "importance", self.importance,
            FieldInfo{"of a channel: first-order Taylor term or squared gradient (llm-pruner)"});
    }
};

}  // namespace skd
