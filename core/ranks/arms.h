#pragma once

#include "ranks/damage.h"
#include "ranks/rank_rules.h"

/// Two ways of making an MLP smaller in one budget: its matrices cut by rank, or its channels
/// removed. Pure arithmetic on an analysis, no LibTorch.
namespace skd {

/// The channels of an analysis as if each MLP were one matrix of as many singular values as it has
/// channels: what is said of matrices (damageCurves, probe ranks) then holds for widths.
Analysis channelsAsMatrices(const Analysis& analysis);

/// The matrices of one layer, and what its channels cost instead.
struct MlpArms {
    std::vector<std::size_t> matrices;  ///< places among the items
    AllocationItem channels;            ///< ranks are widths
};

/// What the probe of all matrices of an MLP together says of the sum of their damages at their
/// probe ranks, held between 1/4 and 4: a narrow MLP is measured whole, so that only with this
/// factor the two arms are on one scale. 1 where nothing was measured.
double jointFactor(const Analysis& analysis, const ChannelSpectrum& channels,
                   const DamageCurves& damage);

/// Expected damage in both arms.
struct ArmDamage {
    DamageCurves matrices;  ///< by rank
    DamageCurves channels;  ///< by Analysis::channels and width
};
/// damageCurves of both; where they are measured, those of an MLP's matrices times its jointFactor.
ArmDamage armDamage(const Analysis& analysis, const DamageRule& rule);

/// What a cut leaves.
struct CutPlan {
    std::vector<std::int64_t> ranks;   ///< by matrix of the analysis; 0 = as it is
    std::vector<std::int64_t> widths;  ///< by Analysis::channels; 0 = as it is
};

/// Least total damage with total cost <= `budget`, where each group either keeps its matrices' own
/// hulls or gives its channels' (resources/help/method.md, Narrower MLPs): the sum of a group's
/// hulls and the hull of its channels are joined to one lower hull, on which the budget is spent as
/// in allocateBudget; the arm that a group ends on is the one of less damage + price * cost at the
/// last price. Within the arms found the whole budget is then spent again by allocateBudget. With
/// `arm` = channels every group is narrowed.
CutPlan allocateArms(const std::vector<AllocationItem>& items, const std::vector<MlpArms>& groups,
                     MlpArm arm, std::int64_t budget, std::int64_t multiple);

/// budgetRanks, and with spec.mlpArm the widths of MLPs, by given damage.
Result<CutPlan> budgetCut(const Analysis& analysis, const PruneSpec& spec, const RankBase& base,
                          const ArmDamage& damage);

/// chooseRanks, and with spec.mlpArm the widths of MLPs; explicit ones are those that
/// spec.explicitRanks gives by mlpName. Layers of which a matrix is locked, and those without
/// channels in the analysis, keep their ranks' arm. InvalidInput where measured weights lack
/// probes, and for a width that an MLP does not have, or has beside ranks of its matrices.
Result<CutPlan> chooseCut(const Analysis& analysis, const PruneSpec& spec,
                          const RankBase& base = {});

}  // namespace skd
