#include "ranks/elastic_draws.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "base/random.h"

namespace skd {
namespace {

constexpr std::uint64_t kElasticStream = 0x656c6173746963ull;  // "elastic"
constexpr std::uint64_t kExchangeStream = 0x65786368616e6765ull;
constexpr std::int64_t kMostExchanged = 8, kMostMultiples = 4;
constexpr double kFocusPoints = 0.05;

/// The draws of one sequence, in their order.
class DrawSequence {
public:
    DrawSequence(std::uint64_t seed, std::uint64_t index)
        : m_random(seed, kExchangeStream + index) {}

    double uniform() { return m_random.uniform(m_count++); }
    /// 0 .. bound - 1.
    std::int64_t below(std::int64_t bound) {
        return static_cast<std::int64_t>(
            m_random.below(m_count++, static_cast<std::uint64_t>(bound)));
    }

private:
    CounterRandom m_random;
    std::uint64_t m_count = 0;
};

/// Ranks that move between matrices of one profile, whose cost is the limit.
class RankExchange {
public:
    RankExchange(const NestedPath& path, std::vector<std::int64_t>& ranks)
        : m_path(path),
          m_ranks(ranks),
          m_before(ranks),
          m_limit(path.costOf(ranks)),
          m_cost(m_limit) {}

    void run(DrawSequence& draws) {
        choose(draws);
        if (m_takers.empty() || m_givers.empty()) return;
        for (const std::size_t i : m_takers)
            for (std::int64_t n = 1 + draws.below(kMostMultiples); n > 0; --n) move(i, 1);
        // In turns, so that what one matrix gets is given up by several.
        lower(m_givers);
        lower(m_takers);  // what the givers could not pay for
        restoreGivers();
    }

private:
    [[nodiscard]] bool canMove(std::size_t i, std::int64_t multiples) const {
        const RankBounds bounds = m_path.bounds(i);
        const std::int64_t rank = m_ranks[i] + multiples * m_path.matrices()[i].multiple;
        return m_ranks[i] != 0 && rank >= bounds.least && rank <= bounds.most;
    }
    bool move(std::size_t i, std::int64_t multiples) {
        if (!canMove(i, multiples)) return false;
        const PathMatrix& matrix = m_path.matrices()[i];
        const std::int64_t rank = m_ranks[i] + multiples * matrix.multiple;
        m_cost += matrix.cost(rank) - matrix.cost(m_ranks[i]);
        m_ranks[i] = rank;
        return true;
    }
    /// Half of 2 to 8 matrices, drawn without repetition, give and the others take; each can.
    void choose(DrawSequence& draws) {
        std::vector<std::size_t> order(m_ranks.size());
        std::iota(order.begin(), order.end(), 0);
        const std::int64_t wanted = 2 + draws.below(kMostExchanged - 1);
        const auto givers = static_cast<std::size_t>(wanted / 2),
                   takers = static_cast<std::size_t>(wanted) - givers;
        for (std::size_t left = order.size(); left > 0; --left) {
            std::swap(
                order[left - 1],
                order[static_cast<std::size_t>(draws.below(static_cast<std::int64_t>(left)))]);
            const std::size_t i = order[left - 1];
            if (m_takers.size() < takers && canMove(i, 1))
                m_takers.push_back(i);
            else if (m_givers.size() < givers && canMove(i, -1))
                m_givers.push_back(i);
        }
    }
    /// One multiple after the other, at most four of each, until the cost is within the limit.
    void lower(const std::vector<std::size_t>& matrices) {
        for (std::int64_t n = 0; n < kMostMultiples; ++n)
            for (const std::size_t i : matrices)
                if (m_cost > m_limit) move(i, -1);
    }

    /// What was given up and is not needed.
    void restoreGivers() {
        for (std::int64_t n = 0; n < kMostMultiples; ++n)
            for (const std::size_t i : m_givers) {
                if (m_ranks[i] >= m_before[i]) continue;
                move(i, 1);
                if (m_cost > m_limit) move(i, -1);
            }
    }

    const NestedPath& m_path;
    std::vector<std::int64_t>& m_ranks;
    const std::vector<std::int64_t> m_before;
    std::int64_t m_limit, m_cost;
    std::vector<std::size_t> m_givers, m_takers;
};

}  // namespace

SizeQuantile::SizeQuantile(const ElasticDrawRule& rule, double largest, double smallest) {
    m_points.push_back({0, 0});
    if (rule.focus == ElasticFocus::LargeFirst) {
        m_points.push_back({0.5, 1.0 / 3});
        m_points.push_back({0.8, 2.0 / 3});
    } else if (rule.focus == ElasticFocus::Around) {
        const auto sizeAt = [&](double removed) {
            return std::clamp((removed - largest) / (smallest - largest), 0.0, 1.0);
        };
        const double from = sizeAt(rule.focusAt - kFocusPoints),
                     to = sizeAt(rule.focusAt + kFocusPoints);
        // Half of the draws are uniform over all sizes, half over these.
        m_points.push_back({0.5 * from, from});
        m_points.push_back({0.5 * to + 0.5, to});
    }
    m_points.push_back({1, 1});
}

double SizeQuantile::at(double share) const {
    const auto end = std::ranges::upper_bound(m_points, share, {}, &Point::share);
    if (end == m_points.end()) return 1;
    const Point &a = *(end - 1), &b = *end;
    return std::lerp(a.size, b.size, (share - a.share) / (b.share - a.share));
}

ElasticDraws::ElasticDraws(NestedPath path, const ElasticDrawRule& rule)
    : m_path(std::move(path)), m_rule(rule), m_quantile(rule, m_path.largest(), m_path.smallest()) {
    assert(rule.slots >= 2);
}

double ElasticDraws::sizeOf(std::uint64_t index, std::int64_t slot) const {
    if (slot < 2) return static_cast<double>(slot);
    const double uniform = CounterRandom(m_rule.seed, kElasticStream).uniform(index);
    return m_quantile.at((static_cast<double>(slot - 2) + uniform) /
                         static_cast<double>(m_rule.slots - 2));
}

ElasticDraw ElasticDraws::at(std::int64_t step, std::int64_t slot) const {
    assert(step >= 0 && slot >= 0 && slot < m_rule.slots);
    const auto index = static_cast<std::uint64_t>(step * m_rule.slots + slot);
    ElasticDraw draw;
    draw.size = sizeOf(index, slot);
    draw.removed = std::lerp(m_path.largest(), m_path.smallest(), draw.size);
    draw.prefix = m_path.prefixAt(draw.removed);
    draw.ranks = m_path.ranksAt(draw.prefix);
    DrawSequence draws(m_rule.seed, index);
    if (slot < 2 || draws.uniform() >= m_rule.offPath) return draw;
    const std::vector<std::int64_t> onPath = draw.ranks;
    RankExchange(m_path, draw.ranks).run(draws);
    draw.offPath = draw.ranks != onPath;
    return draw;
}

}  // namespace skd
