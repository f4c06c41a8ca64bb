#include "carve/elastic_sizes.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace skd {

Result<ElasticSizesPtr> ElasticSizes::fit(Source source, const Analysis& analysis) {
    const std::vector<PathMatrix>& matrices = source.path.matrices();
    const Error other{ErrorCode::InvalidInput,
                      strCat("the sizes of run ", source.run.value(),
                             " are of other matrices than the model's analysis")};
    if (matrices.size() != analysis.matrices.size()) return fail(other);
    std::vector<std::size_t> indices;
    for (const MatrixSpectrum& matrix : analysis.matrices) {
        const auto found = std::ranges::find(matrices, matrix.info.name, &PathMatrix::name);
        if (found == matrices.end() || found->rows != matrix.info.rows ||
            found->columns != matrix.info.columns)
            return fail(other);
        indices.push_back(static_cast<std::size_t>(found - matrices.begin()));
    }
    ElasticSizes sizes(std::move(source));
    sizes.m_front = FrontCurve(sizes.m_source.front);
    sizes.m_pathIndex = std::move(indices);
    for (const std::size_t index : sizes.m_pathIndex)
        sizes.m_ladders.push_back(sizes.path().ranksOf(index));
    auto shared = std::make_shared<ElasticSizes>(std::move(sizes));
    for (const MatrixSpectrum& matrix : analysis.matrices)
        shared->m_energies.push_back(shared->findEnergy(matrix.info.name));
    return ElasticSizesPtr(std::move(shared));
}

/// Null also for one that says nothing.
const ElasticEnergy* ElasticSizes::findEnergy(const std::string& name) const {
    const auto found = std::ranges::find(m_source.energies, name, &ElasticEnergy::matrix);
    const bool tells =
        found != m_source.energies.end() && found->grid > 0 && found->errors.size() > 1;
    return tells ? &*found : nullptr;
}

double ElasticSizes::energyAt(std::size_t matrix, std::int64_t rank) const {
    if (m_source.energies.empty()) return std::nan("");
    const ElasticEnergy* energy = m_energies[matrix];
    if (energy == nullptr || rank <= 0) return 1;
    const double place = static_cast<double>(rank) / static_cast<double>(energy->grid);
    const auto below = static_cast<std::size_t>(place);
    if (below + 1 >= energy->errors.size()) return 1;
    const double share = place - static_cast<double>(below);
    const double error = (1 - share) * energy->errors[below] + share * energy->errors[below + 1];
    return 1 - error * error;
}

std::vector<std::int64_t> ElasticSizes::profileAt(std::size_t prefix) const {
    const std::vector<std::int64_t> profile = path().ranksAt(prefix);
    std::vector<std::int64_t> ranks;
    for (const std::size_t index : m_pathIndex) ranks.push_back(profile[index]);
    return ranks;
}

std::vector<std::int64_t> ElasticSizes::inPathOrder(const std::vector<std::int64_t>& ranks) const {
    std::vector<std::int64_t> ordered(ranks.size());
    for (std::size_t i = 0; i < ranks.size(); ++i) ordered[m_pathIndex[i]] = ranks[i];
    return ordered;
}

std::vector<std::int64_t> ElasticSizes::ranksAt(double removed) const {
    return profileAt(path().prefixAt(removed));
}

PathPosition ElasticSizes::positionOf(const std::vector<std::int64_t>& ranks) const {
    return skd::positionOf(path(), inPathOrder(ranks));
}

double ElasticSizes::removedBy(const std::vector<std::int64_t>& ranks) const {
    return path().removedAt(path().costOf(inPathOrder(ranks)));
}

double ElasticSizes::shareOf(std::size_t matrix, std::int64_t rank) const {
    const RankBounds bounds = path().bounds(m_pathIndex[matrix]);
    if (rank == 0 || bounds.most <= bounds.least) return 1;
    return std::clamp(
        static_cast<double>(rank - bounds.least) / static_cast<double>(bounds.most - bounds.least),
        0.0, 1.0);
}

std::int64_t ElasticSizes::rankAt(std::size_t matrix, double share) const {
    const std::size_t index = m_pathIndex[matrix];
    const RankBounds bounds = path().bounds(index);
    const std::int64_t whole = m_ladders[matrix].back();
    if (bounds.most <= bounds.least) return whole;
    if (share >= 1) return whole == 0 ? 0 : bounds.most;
    const auto wanted = static_cast<double>(bounds.least) +
                        std::max(share, 0.0) * static_cast<double>(bounds.most - bounds.least);
    const std::int64_t multiple = path().matrices()[index].multiple;
    const std::int64_t rank = std::llround(wanted / static_cast<double>(multiple)) * multiple;
    return std::clamp(rank, bounds.least, bounds.most);
}

std::int64_t ElasticSizes::trainedRank(std::size_t matrix, std::int64_t rank) const {
    const RankBounds bounds = path().bounds(m_pathIndex[matrix]);
    if (rank <= 0) return rankAt(matrix, 1);
    if (bounds.most <= bounds.least) return m_ladders[matrix].back();
    return rankAt(matrix, static_cast<double>(rank - bounds.least) /
                              static_cast<double>(bounds.most - bounds.least));
}

RunReference ElasticSizes::reference(const std::vector<std::int64_t>& ranks) const {
    // Rounded towards the larger model, so that the same prefix is found again.
    constexpr double kGrid = 1e5;
    const PathPosition position = positionOf(ranks);
    const double removed = path().removedAt(path().cost(position.prefix));
    return {run(),
            {},
            std::clamp(std::floor(removed * kGrid) / kGrid, path().largest(), path().smallest())};
}

SizePerplexity ElasticSizes::onPath(double removed, std::size_t prefix) const {
    // A node is the prefix that its size asks for, not the size itself.
    for (const FrontPoint& point : m_front.points())
        if (path().prefixAt(point.removed) == prefix)
            return {SizePerplexity::Kind::Node, point.ppl, point.standardError, point.removed,
                    point.removed};
    const double value = m_front.pplAt(removed);
    const auto [larger, smaller] = m_front.neighboursOf(removed);
    if (std::isnan(value) || larger == nullptr) return {};
    return {SizePerplexity::Kind::Interpolated, value, std::nan(""), larger->removed,
            smaller->removed};
}

/// The size at which the path loses as much, by bisection over its prefixes; NaN beyond its ends.
double ElasticSizes::sizeOfDamage(double wanted, const Damage& damage) const {
    std::size_t low = 0, high = path().steps();  // damage falls from low to high
    if (!(wanted <= damage(profileAt(low))) || !(wanted >= damage(profileAt(high))))
        return std::nan("");
    while (high - low > 1) {
        const std::size_t middle = (low + high) / 2;
        (damage(profileAt(middle)) >= wanted ? low : high) = middle;
    }
    return path().removedAt(path().cost(low));
}

SizePerplexity ElasticSizes::perplexityOf(const std::vector<std::int64_t>& ranks,
                                          const Damage& damage) const {
    const PathPosition position = positionOf(ranks);
    if (position.segments == 0) return onPath(position.removed, position.prefix);
    const double size = sizeOfDamage(damage(ranks), damage);
    if (std::isnan(size)) return {};
    const double value = m_front.pplAt(size);
    if (std::isnan(value)) return {};
    return {SizePerplexity::Kind::Estimate, value, std::nan(""), size, size};
}

}  // namespace skd
