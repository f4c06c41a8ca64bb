#pragma once

#include <QString>
#include <array>
#include <cstdint>
#include <vector>

#include "spec/prune_spec.h"

namespace skd {

/// A way to choose ranks that the page offers by name.
enum class RankPreset { Budget, Relative, Uniform, Tiers, Energy, Random, Dense, Hand };

/// The preset that a rule of a run stands for.
RankPreset presetOf(const PruneSpec& rule);
/// Makes `rule` the preset's; target, energy and tiers stay. Only budgets can be of time.
void applyPreset(PruneSpec& rule, RankPreset preset);
/// Sets back what chooses ranks and is not on screen: the ranks that are seen are those that are
/// run.
void clearUnseen(PruneSpec& prune);
/// Budgets are what a search and a change of unit work on.
[[nodiscard]] inline bool isBudget(RankPreset preset) {
    return preset == RankPreset::Budget || preset == RankPreset::Relative;
}
QString presetName(RankPreset preset);  ///< as in the menu of presets
QString presetTip(RankPreset preset);

/// A rank for every matrix and how it came about: all that undo brings back.
struct RankProfile {
    /// What a run's spec starts with.
    inline static const std::array<double, 3> kTiers{PruneSpec{}.tierEarly, PruneSpec{}.tierMiddle,
                                                     PruneSpec{}.tierLate};

    std::vector<std::int64_t> ranks;  ///< 0 = dense
    std::vector<double> layerEnergy;  ///< what each layer's fader says
    std::vector<bool> locked;         ///< per layer
    /// The rule that chose the ranks: explicit where they were moved by hand, method none where all
    /// are dense. Its `locked` and `explicit_ranks` are empty: the members above say them.
    PruneSpec rule = denseRule();
    std::uint64_t seed = 42;  ///< of random ranks

    [[nodiscard]] RankPreset preset() const { return presetOf(rule); }
    /// Share of MLP parameters (or of time) to remove; of the energy rule the energy to keep.
    [[nodiscard]] double target() const {
        return preset() == RankPreset::Energy ? rule.energy : rule.target;
    }
    /// Early, middle, late: removed relative to the others.
    [[nodiscard]] std::array<double, 3> tiers() const {
        return {rule.tierEarly, rule.tierMiddle, rule.tierLate};
    }
    /// Budgets are of the time at this batch; 0 = of parameters.
    [[nodiscard]] std::int64_t timeBatch() const {
        return rule.cost == PruneCost::Latency ? rule.costBatch : 0;
    }
    /// Writes the rule, and only what it uses, into a run's spec; `removed` is what the ranks
    /// remove where the rule's own target is no share.
    void fillRule(PruneSpec& prune, double removed) const;
    /// The rule in a few words: "budget 15 %".
    [[nodiscard]] QString text() const;
    bool operator==(const RankProfile&) const = default;

private:
    static PruneSpec denseRule();
};

}  // namespace skd
