#pragma once

#include "base/fields.h"

namespace skd {

enum class PruneMethod { Svd, None };
template <>
struct EnumNames<PruneMethod> {
    static constexpr std::array<std::pair<PruneMethod, const char*>, 2> values{
        {{PruneMethod::Svd, "svd"}, {PruneMethod::None, "none"}}};
};

enum class Truncation { Whitened, Plain };
template <>
struct EnumNames<Truncation> {
    static constexpr std::array<std::pair<Truncation, const char*>, 2> values{
        {{Truncation::Whitened, "whitened"}, {Truncation::Plain, "plain"}}};
};

enum class RankRule { Budget, Uniform, Energy, Explicit };
template <>
struct EnumNames<RankRule> {
    static constexpr std::array<std::pair<RankRule, const char*>, 4> values{{{RankRule::Budget, "budget"},
                                                                            {RankRule::Uniform, "uniform"},
                                                                            {RankRule::Energy, "energy"},
                                                                            {RankRule::Explicit, "explicit"}}};
};

enum class WeightRule { Measured, Relative, Unit };
template <>
struct EnumNames<WeightRule> {
    static constexpr std::array<std::pair<WeightRule, const char*>, 3> values{{{WeightRule::Measured, "measured"},
                                                                              {WeightRule::Relative, "relative"},
                                                                              {WeightRule::Unit, "unit"}}};
};

/// How MLP matrices are cut. Rank 0 means the matrix stays dense.
struct PruneSpec {
    PruneMethod method = PruneMethod::Svd;
    Truncation truncation = Truncation::Whitened;
    RankRule ranks = RankRule::Budget;
    double target = 0.15;
    double energy = 0.95;
    WeightRule weights = WeightRule::Measured;
    std::int64_t rankMultiple = 16;
    std::int64_t calibrationTokens = 8192;
    std::int64_t probeTokens = 1024;
    double probeFraction = 0.5;
    bool skipFirstPosition = false;
    std::map<std::string, std::int64_t> explicitRanks;

    bool operator==(const PruneSpec&) const = default;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("method", self.method, FieldInfo{"svd factors MLP matrices; none leaves the model dense"});
        visitor.field("truncation", self.truncation, FieldInfo{"whitened by the inputs' Gram matrix, or plain singular values"});
        visitor.field("ranks", self.ranks, FieldInfo{"what fixes the ranks"});
        visitor.field("target", self.target, FieldInfo{"fraction of MLP parameters removed (budget, uniform)", "fraction", 0, 0.99});
        visitor.field("energy", self.energy, FieldInfo{"share of squared singular values kept (energy)", "fraction", 0.01, 1});
        visitor.field("weights", self.weights, FieldInfo{"how errors of matrices are weighed against each other (budget)"});
        visitor.field("rank_multiple", self.rankMultiple, FieldInfo{"ranks are multiples of this", "", 1, 256});
        visitor.field("calibration_tokens", self.calibrationTokens, FieldInfo{"tokens behind the Gram matrices", "tokens", 1, 1e9});
        visitor.field("probe_tokens", self.probeTokens, FieldInfo{"tokens behind the measured weights", "tokens", 1, 1e9});
        visitor.field("probe_fraction", self.probeFraction, FieldInfo{"probe rank as a share of the break-even rank", "fraction", 0.01, 1});
        visitor.field("skip_first_position", self.skipFirstPosition, FieldInfo{"leave the first position out of the Gram matrices"});
        visitor.field("explicit_ranks", self.explicitRanks, FieldInfo{"rank by matrix name; 0 stays dense (explicit)", "", 0, 1e6});
    }
};

}  // namespace skd
