#include <algorithm>

#include "base/text.h"
#include "carve/carve_state.h"

namespace skd {

namespace {

/// "model.layers.3" of "model.layers.3.mlp.up_proj".
std::string layerName(const MatrixInfo& info) {
    const std::string number = strCat(".", info.layer.value());
    const std::size_t at = info.name.find(number + ".");
    return at == std::string::npos ? info.name : info.name.substr(0, at + number.size());
}

}  // namespace

std::vector<std::string> CarveState::lockedNames() const {
    std::vector<std::string> names;
    for (int layer = 0; layer < layers(); ++layer) {
        if (!locked(layer)) continue;
        for (std::size_t i : layerMatrices(layer)) {
            std::string name = layerName(m_plan->analysis().matrices[i].info);
            if (names.empty() || names.back() != name) names.push_back(std::move(name));
        }
    }
    return names;
}

/// The rule behind the ranks as a spec says it; false where no rule is.
bool CarveState::describeRule(PruneSpec& prune) const {
    prune.locked = lockedNames();
    prune.target = m_now.target;
    switch (m_now.rule) {
        case CarveRule::Budget:
        case CarveRule::Relative:
            prune.ranks = RankRule::Budget;
            prune.weights = m_now.rule == CarveRule::Relative
                                ? WeightRule::Relative
                                : m_plan->weightsFor(WeightRule::Measured);
            if (m_now.timeBatch == 0) return true;
            prune.cost = PruneCost::Latency;
            prune.costBatch = m_now.timeBatch;
            return true;
        case CarveRule::Uniform:
            prune.ranks = RankRule::Uniform;
            return true;
        case CarveRule::Tiers:
            prune.ranks = RankRule::Tiers;
            prune.tierEarly = m_now.tiers[0];
            prune.tierMiddle = m_now.tiers[1];
            prune.tierLate = m_now.tiers[2];
            return true;
        case CarveRule::Energy:
            prune.ranks = RankRule::Energy;
            prune.energy = m_now.target;
            prune.target = std::clamp(m_price.mlpRemoved, 0.0, 0.99);
            return true;
        case CarveRule::Dense:
        case CarveRule::Random:
        case CarveRule::Hand:
            return false;
    }
    return false;
}

void CarveState::fillSpec(PruneSpec& prune) const {
    if (!m_plan) return;
    const bool dense =
        std::all_of(m_now.ranks.begin(), m_now.ranks.end(), [](std::int64_t r) { return r == 0; });
    prune.method = dense ? PruneMethod::None : PruneMethod::Svd;
    prune.truncation = m_plan->truncation();
    prune.remeasure = 0;  // the ranks on screen are the ones that are run
    prune.rankMultiple = kMultiple;
    prune.cost = PruneCost::Parameters;
    prune.explicitRanks.clear();
    prune.locked.clear();
    if (dense) return;
    PruneSpec rule = prune;
    if (describeRule(rule) && m_plan->isChosenBy(rule)) {
        prune = std::move(rule);
        return;
    }
    prune.ranks = RankRule::Explicit;
    prune.target = std::clamp(m_price.mlpRemoved, 0.0, 0.99);
    for (std::size_t i = 0; i < m_now.ranks.size(); ++i)
        prune.explicitRanks[m_plan->analysis().matrices[i].info.name] = m_now.ranks[i];
}

}  // namespace skd
