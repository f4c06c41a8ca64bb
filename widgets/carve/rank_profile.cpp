#include "carve/rank_profile.h"

#include <QCoreApplication>
#include <QtGlobal>
#include <algorithm>
#include <iterator>

#include "style/format.h"

namespace skd {

namespace {

struct PresetRow {
    PruneMethod method;
    RankRule ranks;
    const char *name, *tip;
};

/// In the order of RankPreset.
constexpr PresetRow kPresets[] = {
    {PruneMethod::Svd, RankRule::Budget, QT_TRANSLATE_NOOP("skd::PresetBar", "load path"),
     QT_TRANSLATE_NOOP("skd::PresetBar",
                       "fewest expected nats under the budget, by measured weights")},
    {PruneMethod::Svd, RankRule::Budget, QT_TRANSLATE_NOOP("skd::PresetBar", "relative error"),
     QT_TRANSLATE_NOOP(
         "skd::PresetBar",
         "smallest sum of relative errors under the budget; needs no measured weights")},
    {PruneMethod::Svd, RankRule::Uniform, QT_TRANSLATE_NOOP("skd::PresetBar", "uniform"),
     QT_TRANSLATE_NOOP("skd::PresetBar", "the same share of every matrix")},
    {PruneMethod::Svd, RankRule::Tiers, QT_TRANSLATE_NOOP("skd::PresetBar", "tiers"),
     QT_TRANSLATE_NOOP("skd::PresetBar",
                       "a share of every matrix by early, middle and late layers: three handles "
                       "over the faders")},
    {PruneMethod::Svd, RankRule::Energy, QT_TRANSLATE_NOOP("skd::PresetBar", "energy threshold"),
     QT_TRANSLATE_NOOP(
         "skd::PresetBar",
         "the same kept energy everywhere, at the same price; the threshold can be typed")},
    {PruneMethod::Svd, RankRule::Random, QT_TRANSLATE_NOOP("skd::PresetBar", "random"),
     QT_TRANSLATE_NOOP("skd::PresetBar",
                       "a control that ignores the matrices; choose it again for another draw")},
    {PruneMethod::None, RankRule::Explicit, QT_TRANSLATE_NOOP("skd::PresetBar", "dense"),
     QT_TRANSLATE_NOOP("skd::PresetBar", "nothing removed")},
    {PruneMethod::Svd, RankRule::Explicit, QT_TRANSLATE_NOOP("skd::PresetBar", "by hand"),
     QT_TRANSLATE_NOOP("skd::PresetBar", "as the faders are set")}};

const PresetRow& rowOf(RankPreset preset) {
    return kPresets[static_cast<std::size_t>(preset)];
}

QString translated(const char* context, const char* text) {
    return QCoreApplication::translate(context, text);
}

}  // namespace

RankPreset presetOf(const PruneSpec& rule) {
    if (rule.method == PruneMethod::None) return RankPreset::Dense;
    if (rule.ranks == RankRule::Budget || rule.ranks == RankRule::Search)
        return rule.weights == WeightRule::Relative ? RankPreset::Relative : RankPreset::Budget;
    const auto row =
        std::find_if(std::begin(kPresets), std::end(kPresets), [&](const PresetRow& preset) {
            return preset.method == PruneMethod::Svd && preset.ranks == rule.ranks;
        });
    return static_cast<RankPreset>(row - std::begin(kPresets));
}

void applyPreset(PruneSpec& rule, RankPreset preset) {
    rule.method = rowOf(preset).method;
    rule.ranks = rowOf(preset).ranks;
    if (isBudget(preset))
        rule.weights = preset == RankPreset::Relative ? WeightRule::Relative : WeightRule::Measured;
    else if (preset != RankPreset::Hand)
        rule.cost = PruneCost::Parameters;
}

void clearUnseen(PruneSpec& prune) {
    prune.remeasure = prune.depthTrials = 0;
    prune.cost = PruneCost::Parameters;
    prune.explicitRanks.clear();
    prune.energies.clear();
    prune.locked.clear();
    prune.mlpArm = MlpArm::Factored;
}

QString presetName(RankPreset preset) {
    return translated("skd::PresetBar", rowOf(preset).name);
}

QString presetTip(RankPreset preset) {
    return translated("skd::PresetBar", rowOf(preset).tip);
}

PruneSpec RankProfile::denseRule() {
    PruneSpec rule;
    applyPreset(rule, RankPreset::Dense);
    rule.target = 0;
    return rule;
}

void RankProfile::fillRule(PruneSpec& prune, double removed) const {
    prune.ranks = rule.ranks;
    prune.target = preset() == RankPreset::Energy ? removed : rule.target;
    if (isBudget(preset())) {
        prune.weights = rule.weights;
        prune.cost = rule.cost;
        if (timeBatch() > 0) prune.costBatch = rule.costBatch;
    }
    if (preset() == RankPreset::Energy) prune.energy = rule.energy;
    if (preset() == RankPreset::Tiers) {
        prune.tierEarly = rule.tierEarly;
        prune.tierMiddle = rule.tierMiddle;
        prune.tierLate = rule.tierLate;
    }
}

QString RankProfile::text() const {
    const auto price = [](const char* text) { return translated("skd::PriceCard", text); };
    if (isBudget(preset()))
        return (timeBatch() > 0 ? price(QT_TRANSLATE_NOOP("skd::PriceCard", "time budget %1"))
                                : price(QT_TRANSLATE_NOOP("skd::PriceCard", "budget %1")))
            .arg(formatPercent(target(), 0));
    if (preset() == RankPreset::Energy)
        return price(QT_TRANSLATE_NOOP("skd::PriceCard", "energy %1")).arg(target(), 0, 'f', 4);
    return presetName(preset());
}

}  // namespace skd
