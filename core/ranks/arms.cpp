#include "ranks/arms.h"

#include <algorithm>
#include <cmath>
#include <queue>

#include "base/text.h"

namespace skd {
namespace {

/// A state of a group on its way from the smallest to as it is.
struct ArmOffer {
    std::int64_t cost = 0;
    double damage = 0;
    bool narrow = false;
};
using ArmOffers = std::vector<ArmOffer>;

/// Damage saved per cost from one offer to a dearer one.
double savedPerCost(const ArmOffer& from, const ArmOffer& to) {
    return (from.damage - to.damage) / static_cast<double>(to.cost - from.cost);
}

ArmOffers hullOffers(const AllocationItem& item, std::int64_t multiple, bool narrow) {
    ArmOffers offers;
    const std::vector<std::int64_t> ranks =
        item.lockedRank ? std::vector<std::int64_t>{*item.lockedRank} : hullRanks(item, multiple);
    for (const std::int64_t rank : ranks)
        offers.push_back({item.cost(rank), item.damage(rank), narrow});
    return offers;
}

/// The hull of a sum is the sum of the hulls, step by step in the order of slopes.
ArmOffers sumOfHulls(const std::vector<AllocationItem>& items,
                     const std::vector<std::size_t>& members, std::int64_t multiple) {
    struct Step {
        double slope;
        std::int64_t cost;
        double damage;
    };
    std::vector<Step> steps;
    ArmOffer now;
    for (const std::size_t member : members) {
        const ArmOffers hull = hullOffers(items[member], multiple, false);
        now.cost += hull.front().cost;
        now.damage += hull.front().damage;
        for (std::size_t i = 1; i < hull.size(); ++i)
            steps.push_back({savedPerCost(hull[i - 1], hull[i]), hull[i].cost - hull[i - 1].cost,
                             hull[i - 1].damage - hull[i].damage});
    }
    std::stable_sort(steps.begin(), steps.end(),
                     [](const Step& a, const Step& b) { return a.slope > b.slope; });
    ArmOffers offers{now};
    for (const Step& step : steps) {
        now.cost += step.cost;
        now.damage = std::max(0.0, now.damage - step.damage);
        offers.push_back(now);
    }
    offers.back().damage = 0;  // as it is, whatever rounding has left
    return offers;
}

/// Corners of the lower hull, ascending in cost.
ArmOffers lowerHull(ArmOffers offers) {
    std::stable_sort(offers.begin(), offers.end(), [](const ArmOffer& a, const ArmOffer& b) {
        return a.cost != b.cost ? a.cost < b.cost : a.damage < b.damage;
    });
    ArmOffers hull;
    for (const ArmOffer& offer : offers) {
        if (!hull.empty() && hull.back().cost == offer.cost) continue;
        while (hull.size() >= 2 &&
               savedPerCost(hull[hull.size() - 2], hull.back()) <= savedPerCost(hull.back(), offer))
            hull.pop_back();
        hull.push_back(offer);
    }
    return hull;
}

struct ArmUpgrade {
    double slope;
    std::size_t hull, corner;
    bool operator<(const ArmUpgrade& other) const {
        return slope != other.slope ? slope < other.slope : hull > other.hull;
    }
};

/// The corner of each hull at which the budget is spent.
std::vector<ArmOffer> spend(const std::vector<ArmOffers>& hulls, std::int64_t budget) {
    std::vector<ArmOffer> taken;
    std::priority_queue<ArmUpgrade> queue;
    std::int64_t spent = 0;
    const auto offer = [&](std::size_t hull, std::size_t corner) {
        if (corner < hulls[hull].size())
            queue.push({savedPerCost(hulls[hull][corner - 1], hulls[hull][corner]), hull, corner});
    };
    for (std::size_t i = 0; i < hulls.size(); ++i) {
        taken.push_back(hulls[i].front());
        spent += taken.back().cost;
        offer(i, 1);
    }
    while (!queue.empty()) {
        const ArmUpgrade next = queue.top();
        queue.pop();
        const ArmOffer& corner = hulls[next.hull][next.corner];
        const std::int64_t price = corner.cost - taken[next.hull].cost;
        if (spent + price > budget) continue;
        spent += price;
        taken[next.hull] = corner;
        offer(next.hull, next.corner + 1);
    }
    return taken;
}

/// Which groups are narrowed.
std::vector<bool> chooseArms(const std::vector<AllocationItem>& items,
                             const std::vector<MlpArms>& groups, std::int64_t budget,
                             std::int64_t multiple) {
    std::vector<bool> grouped(items.size(), false);
    std::vector<ArmOffers> hulls;
    for (const MlpArms& group : groups) {
        ArmOffers offers = sumOfHulls(items, group.matrices, multiple);
        ArmOffers narrow = hullOffers(group.channels, multiple, true);
        narrow.pop_back();  // as it is, which the other arm has
        offers.insert(offers.end(), narrow.begin(), narrow.end());
        hulls.push_back(lowerHull(std::move(offers)));
        for (const std::size_t member : group.matrices) grouped[member] = true;
    }
    for (std::size_t i = 0; i < items.size(); ++i)
        if (!grouped[i]) hulls.push_back(hullOffers(items[i], multiple, false));
    const std::vector<ArmOffer> taken = spend(hulls, budget);
    std::vector<bool> narrow;
    for (std::size_t i = 0; i < groups.size(); ++i) narrow.push_back(taken[i].narrow);
    return narrow;
}

/// What each width costs in parameters, in the form that AllocationItem points at.
std::vector<std::vector<std::int64_t>> widthCosts(const Analysis& analysis) {
    std::vector<std::vector<std::int64_t>> costs;
    for (const ChannelSpectrum& channels : analysis.channels) {
        std::vector<std::int64_t>& byWidth = costs.emplace_back();
        for (std::int64_t width = 0; width <= channels.channels(); ++width)
            byWidth.push_back(channels.parametersAt(width));
    }
    return costs;
}

/// The matrices of a layer's MLP.
std::vector<std::size_t> mlpMatrices(const Analysis& analysis, LayerIndex layer) {
    std::vector<std::size_t> members;
    for (std::size_t i = 0; i < analysis.matrices.size(); ++i) {
        const MatrixInfo& info = analysis.matrices[i].info;
        if (info.layer == layer && !isAttention(info.kind)) members.push_back(i);
    }
    return members;
}

/// The same, or none where one is locked.
std::vector<std::size_t> freeMatrices(const Analysis& analysis, LayerIndex layer,
                                      const std::vector<bool>& locked) {
    std::vector<std::size_t> members = mlpMatrices(analysis, layer);
    const bool isFree =
        std::none_of(members.begin(), members.end(), [&](std::size_t i) { return locked[i]; });
    return isFree ? members : std::vector<std::size_t>();
}

}  // namespace

Analysis channelsAsMatrices(const Analysis& analysis) {
    Analysis other = analysis;
    other.matrices.clear();
    other.channels.clear();
    for (const ChannelSpectrum& channels : analysis.channels) {
        MatrixSpectrum matrix;
        matrix.info.layer = channels.layer;
        matrix.info.rows = channels.perChannel;
        matrix.info.columns = channels.channels();
        matrix.plain = matrix.weighted = channels.lost;
        matrix.currentRank = channels.channels();
        matrix.probes = channels.probes;
        if (!channels.probes.empty()) {
            const RankProbe& central = channels.probes[channels.probes.size() / 2];
            matrix.probeRank = central.rank;
            matrix.probeKl = central.kl;
        }
        other.matrices.push_back(std::move(matrix));
    }
    return other;
}

CutPlan allocateArms(const std::vector<AllocationItem>& items, const std::vector<MlpArms>& groups,
                     MlpArm arm, std::int64_t budget, std::int64_t multiple) {
    const std::vector<bool> narrow =
        arm == MlpArm::Either ? chooseArms(items, groups, budget, multiple)
                              : std::vector<bool>(groups.size(), arm == MlpArm::Channels);
    std::vector<bool> dropped(items.size(), false);
    std::vector<AllocationItem> left;
    for (std::size_t g = 0; g < groups.size(); ++g)
        for (const std::size_t member : groups[g].matrices) dropped[member] = narrow[g];
    for (std::size_t i = 0; i < items.size(); ++i)
        if (!dropped[i]) left.push_back(items[i]);
    for (std::size_t g = 0; g < groups.size(); ++g)
        if (narrow[g]) left.push_back(groups[g].channels);
    const std::vector<std::int64_t> chosen = allocateBudget(left, budget, multiple);
    CutPlan plan;
    auto next = chosen.begin();
    for (std::size_t i = 0; i < items.size(); ++i) plan.ranks.push_back(dropped[i] ? 0 : *next++);
    for (std::size_t g = 0; g < groups.size(); ++g) plan.widths.push_back(narrow[g] ? *next++ : 0);
    return plan;
}

double jointFactor(const Analysis& analysis, const ChannelSpectrum& channels,
                   const DamageCurves& damage) {
    static constexpr double kLargestFactor = 4;
    double apart = 0;
    for (const std::size_t i : mlpMatrices(analysis, channels.layer)) {
        const auto rank = static_cast<std::size_t>(analysis.matrices[i].probeRank);
        if (rank > 0 && rank < damage[i].size()) apart += damage[i][rank];
    }
    const double together = channels.factoredKl;
    if (!(apart > 0) || !(together > 0)) return 1;
    return std::clamp(together / apart, 1 / kLargestFactor, kLargestFactor);
}

ArmDamage armDamage(const Analysis& analysis, const DamageRule& rule) {
    ArmDamage damage{damageCurves(analysis, rule), {}};
    if (analysis.channels.empty()) return damage;
    damage.channels = damageCurves(channelsAsMatrices(analysis), rule);
    if (rule.weights != WeightRule::Measured) return damage;
    for (const ChannelSpectrum& channels : analysis.channels) {
        const double factor = jointFactor(analysis, channels, damage.matrices);
        for (const std::size_t i : mlpMatrices(analysis, channels.layer))
            for (double& value : damage.matrices[i]) value *= factor;
    }
    return damage;
}

Result<CutPlan> budgetCut(const Analysis& analysis, const PruneSpec& spec, const RankBase& base,
                          const ArmDamage& damage) {
    CutPlan cut{{}, std::vector<std::int64_t>(analysis.channels.size(), 0)};
    if (spec.mlpArm == MlpArm::Factored || analysis.channels.empty()) {
        SKD_TRY(cut.ranks, budgetRanks(analysis, spec, base, damage.matrices));
        return cut;
    }
    SKD_TRY(const std::vector<bool> locked, lockedMatrices(analysis, spec.locked));
    const std::vector<std::vector<std::int64_t>> costs = widthCosts(analysis);
    std::vector<AllocationItem> items;
    for (std::size_t i = 0; i < locked.size(); ++i) {
        items.push_back(AllocationItem::of(analysis.matrices[i], damage.matrices[i]));
        if (locked[i]) items.back().lockedRank = base.held != nullptr ? (*base.held)[i] : 0;
    }
    std::vector<MlpArms> groups;
    std::vector<std::size_t> places;
    for (std::size_t c = 0; c < costs.size(); ++c) {
        std::vector<std::size_t> members =
            freeMatrices(analysis, analysis.channels[c].layer, locked);
        if (members.empty()) continue;
        AllocationItem widths;
        widths.tail = &damage.channels[c];
        widths.costs = &costs[c];
        widths.multiple = spec.channelMultiple;
        groups.push_back({std::move(members), widths});
        places.push_back(c);
    }
    CutPlan plan = allocateArms(items, groups, spec.mlpArm, budgetOf(analysis, spec.target, base),
                                spec.rankMultiple);
    for (std::size_t g = 0; g < places.size(); ++g) cut.widths[places[g]] = plan.widths[g];
    cut.ranks = std::move(plan.ranks);
    return cut;
}

namespace {

/// The widths that are given, which leave `given`.
Result<std::vector<std::int64_t>> takeWidths(const Analysis& analysis,
                                             std::map<std::string, std::int64_t>& given) {
    std::vector<std::int64_t> widths;
    for (const ChannelSpectrum& channels : analysis.channels) {
        const auto found = given.find(mlpName(channels.layer));
        widths.push_back(found == given.end() ? 0 : found->second);
        if (found == given.end()) continue;
        if (widths.back() < 0 || widths.back() > channels.channels())
            return fail(ErrorCode::InvalidInput,
                        strCat("width ", widths.back(), " of ", found->first,
                               " must lie between 0 and ", channels.channels()));
        if (widths.back() == channels.channels()) widths.back() = 0;
        given.erase(found);
    }
    return widths;
}

Result<CutPlan> explicitCut(const Analysis& analysis, PruneSpec spec, const RankBase& base) {
    SKD_TRY(const std::vector<bool> locked, lockedMatrices(analysis, spec.locked));
    CutPlan plan;
    SKD_TRY(plan.widths, takeWidths(analysis, spec.explicitRanks));
    SKD_TRY(plan.ranks, chooseRanks(analysis, spec, base));
    for (std::size_t c = 0; c < plan.widths.size(); ++c) {
        const LayerIndex layer = analysis.channels[c].layer;
        const std::vector<std::size_t> members = freeMatrices(analysis, layer, locked);
        if (members.empty()) plan.widths[c] = 0;  // locked
        for (const std::size_t i : members)
            if (plan.widths[c] > 0 && plan.ranks[i] > 0)
                return fail(ErrorCode::InvalidInput,
                            strCat("explicit_ranks gives ", mlpName(layer), " a width and ",
                                   analysis.matrices[i].info.name, " a rank; keep one of them"));
    }
    return plan;
}

Status checkChannelProbes(const Analysis& analysis, const PruneSpec& spec) {
    const bool measured = hasProbes(analysis) && hasProbes(channelsAsMatrices(analysis));
    if (spec.weights != WeightRule::Measured || measured) return {};
    return fail(ErrorCode::InvalidInput,
                "measured weights need probes of matrices and of channels, which the analysis does "
                "not hold; analyse the model with the same prune.weights and prune.mlp_arm");
}

}  // namespace

Result<CutPlan> chooseCut(const Analysis& analysis, const PruneSpec& spec, const RankBase& base) {
    if (spec.mlpArm == MlpArm::Factored || analysis.channels.empty()) {
        SKD_TRY(std::vector<std::int64_t> ranks, chooseRanks(analysis, spec, base));
        return CutPlan{std::move(ranks), std::vector<std::int64_t>(analysis.channels.size(), 0)};
    }
    if (spec.ranks == RankRule::Explicit) return explicitCut(analysis, spec, base);
    SKD_CHECK(checkChannelProbes(analysis, spec));
    return budgetCut(analysis, spec, base, armDamage(analysis, damageRule(spec)));
}

}  // namespace skd
