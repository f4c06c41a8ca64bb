#include "ranks/allocation.h"

#include <algorithm>
#include <cmath>
#include <queue>

namespace skd {

std::vector<double> squaredTail(const std::vector<double>& singularValues) {
    std::vector<double> tail(singularValues.size() + 1, 0.0);
    for (std::size_t i = singularValues.size(); i-- > 0;)
        tail[i] = tail[i + 1] + singularValues[i] * singularValues[i];
    return tail;
}

namespace {

/// Ascending in cost, 0 last.
std::vector<std::int64_t> candidateRanks(const AllocationItem& item, std::int64_t multiple,
                                         const RankBounds& bounds) {
    std::vector<std::int64_t> ranks;
    if (item.multiple > 0) multiple = item.multiple;
    std::int64_t limit = static_cast<std::int64_t>(item.tail->size()) - 1;
    if (bounds.most > 0) limit = std::min(limit, bounds.most);
    const std::int64_t first = std::max<std::int64_t>(1, (bounds.least + multiple - 1) / multiple);
    for (std::int64_t r = first * multiple; r <= limit && item.cost(r) < item.cost(0);
         r += multiple)
        ranks.push_back(r);
    if (bounds.most == 0) ranks.push_back(0);
    return ranks;
}

}  // namespace

double damageSlope(const AllocationItem& item, std::int64_t from, std::int64_t to) {
    return (item.damage(from) - item.damage(to)) /
           static_cast<double>(item.cost(to) - item.cost(from));
}

namespace {

struct Upgrade {
    double slope;
    std::size_t item;
    std::size_t corner;  ///< index in the item's hull that this upgrade leads to
};

struct LessUrgent {
    bool operator()(const Upgrade& a, const Upgrade& b) const {
        return a.slope != b.slope ? a.slope < b.slope : a.item > b.item;
    }
};

}  // namespace

std::vector<std::int64_t> hullRanks(const AllocationItem& item, std::int64_t multiple,
                                    const RankBounds& bounds) {
    std::vector<std::int64_t> hull;
    for (const std::int64_t rank : candidateRanks(item, multiple, bounds)) {
        while (hull.size() >= 2 && damageSlope(item, hull[hull.size() - 2], hull.back()) <=
                                       damageSlope(item, hull.back(), rank))
            hull.pop_back();
        hull.push_back(rank);
    }
    return hull;
}

std::vector<std::int64_t> allocateBudget(const std::vector<AllocationItem>& items,
                                         std::int64_t budget, std::int64_t multiple) {
    std::vector<std::vector<std::int64_t>> hulls(items.size());
    std::vector<std::int64_t> ranks(items.size());
    std::priority_queue<Upgrade, std::vector<Upgrade>, LessUrgent> queue;
    std::int64_t spent = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
        hulls[i] = items[i].lockedRank ? std::vector<std::int64_t>{*items[i].lockedRank}
                                       : hullRanks(items[i], multiple);
        ranks[i] = hulls[i].front();
        spent += items[i].cost(ranks[i]);
        if (hulls[i].size() > 1)
            queue.push({damageSlope(items[i], hulls[i][0], hulls[i][1]), i, 1});
    }
    while (!queue.empty()) {
        const Upgrade upgrade = queue.top();
        queue.pop();
        const AllocationItem& item = items[upgrade.item];
        const std::int64_t rank = hulls[upgrade.item][upgrade.corner];
        const std::int64_t price = item.cost(rank) - item.cost(ranks[upgrade.item]);
        if (spent + price > budget) continue;  // later corners of this matrix cost still more
        spent += price;
        ranks[upgrade.item] = rank;
        if (upgrade.corner + 1 < hulls[upgrade.item].size())
            queue.push({damageSlope(item, rank, hulls[upgrade.item][upgrade.corner + 1]),
                        upgrade.item, upgrade.corner + 1});
    }
    return ranks;
}

std::int64_t cheaper(const MatrixSpectrum& matrix, std::int64_t rank) {
    return matrix.info.parametersAt(rank) < matrix.parametersAt(0) ? rank : 0;
}

std::int64_t parametersKept(std::int64_t denseParameters, double removed) {
    return static_cast<std::int64_t>(
        std::floor((1.0 - removed) * static_cast<double>(denseParameters)));
}

std::int64_t budgetOf(const Analysis& analysis, double removed) {
    std::int64_t dense = 0;
    for (const MatrixSpectrum& matrix : analysis.matrices) dense += matrix.info.parameters();
    return parametersKept(dense, removed);
}

std::int64_t exactRankForEnergy(const std::vector<double>& tail, double energy) {
    const double allowed = (1.0 - energy) * tail.front();
    return std::find_if(tail.begin(), tail.end(), [&](double left) { return left <= allowed; }) -
           tail.begin();
}

std::int64_t uniformRank(const MatrixInfo& info, double removed, std::int64_t multiple) {
    const double exact = rankAtParameters(info.form, info.rows, info.columns,
                                          (1.0 - removed) * static_cast<double>(info.parameters()));
    const auto rank = static_cast<std::int64_t>(std::floor(exact));
    return std::max(multiple, rank / multiple * multiple);
}

std::int64_t rankForEnergy(const MatrixSpectrum& matrix, const std::vector<double>& tail,
                           double energy, std::int64_t multiple) {
    const std::int64_t exact = exactRankForEnergy(tail, energy);
    return cheaper(matrix, std::max(multiple, (exact + multiple - 1) / multiple * multiple));
}

const std::vector<double>& spectrumOf(const MatrixSpectrum& matrix, Truncation truncation) {
    return truncation == Truncation::Plain ? matrix.plain : matrix.weighted;
}

}  // namespace skd
