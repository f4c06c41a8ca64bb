#include "ranks/nested_path.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/hash.h"
#include "base/text.h"
#include "spec/json_reader.h"
#include "spec/json_writer.h"

namespace skd {

void PathMatrix::visitFields(auto& self, auto& visitor) {
    static constexpr FieldInfo kSide{"", "", 1, 1e6}, kRank{"", "", 0, 1e6};
    visitor.field("name", self.name, {});
    visitor.field("rows", self.rows, kSide);
    visitor.field("columns", self.columns, kSide);
    visitor.field("form", self.form, {});
    visitor.field("current_rank", self.currentRank, kRank);
    visitor.field("current_form", self.currentForm, {});
    visitor.field("multiple", self.multiple, kSide);
    visitor.field("floor", self.floor, kRank);
    visitor.field("start", self.start, kRank);
}

void NestedPath::visitFields(auto& self, auto& visitor) {
    static constexpr FieldInfo kFraction{"", "", 0, 0.99}, kIndex{"", "", 0, 1e7};
    visitor.field("largest", self.m_largest, kFraction);
    visitor.field("smallest", self.m_smallest, kFraction);
    visitor.field("dense_parameters", self.m_denseParameters, kCount);
    visitor.field("fixed_parameters", self.m_fixedParameters, kCount);
    visitor.list("matrices", self.m_matrices, "");
    visitor.field("step_matrices", self.m_stepMatrices, kIndex);
    visitor.field("step_ranks", self.m_stepRanks, kIndex);
    visitor.field("sha256", self.m_sha256, {});
}

namespace {

/// A segment of one matrix' hull.
struct HullSegment {
    double slope = 0;
    std::size_t matrix = 0;
    std::int64_t from = 0, to = 0;
};

Status wrongPath(std::string message) {
    return fail(ErrorCode::InvalidInput, std::move(message));
}

/// Full rank of what the matrix is.
std::int64_t rankLimit(const PathMatrix& matrix) {
    return matrix.currentRank > 0 ? matrix.currentRank : std::min(matrix.rows, matrix.columns);
}

Status checkItems(const std::vector<AllocationItem>& items, const std::vector<std::string>& names,
                  const NestedPathOptions& options) {
    if (names.size() != items.size() ||
        (!options.caps.empty() && options.caps.size() != items.size()))
        return wrongPath(strCat("a path through ", items.size(), " matrices got ", names.size(),
                                " names and ", options.caps.size(), " largest ranks"));
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (items[i].costs != nullptr)
            return wrongPath(strCat("the path prices ranks in parameters, but ", names[i],
                                    " has measured times; set \"prune.cost\" to parameters"));
        const auto isFinite = [](double damage) { return std::isfinite(damage); };
        if (!items[i].lockedRank && !std::ranges::all_of(*items[i].tail, isFinite))
            return fail(ErrorCode::Numeric,
                        strCat("the damage of ", names[i],
                               " is not finite at some rank; analyse the model again"));
    }
    return {};
}

PathMatrix pathMatrix(const AllocationItem& item, std::string name, std::int64_t multiple) {
    return {std::move(name),
            item.rows,
            item.columns,
            item.form,
            item.currentRank,
            item.currentForm,
            item.multiple > 0 ? item.multiple : multiple,
            0,
            item.lockedRank.value_or(0)};
}

/// Segments of all hulls by falling slope, ties by matrix; gives each matrix its first corner.
std::vector<HullSegment> sortedSegments(const std::vector<AllocationItem>& items,
                                        const NestedPathOptions& options,
                                        std::vector<PathMatrix>& matrices) {
    std::vector<HullSegment> segments;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (items[i].lockedRank) continue;
        const std::int64_t cap = options.caps.empty() ? 0 : options.caps[i];
        const auto hull = hullRanks(items[i], options.multiple, {options.floor, cap});
        // A cap below the floor leaves nothing to choose.
        matrices[i].floor = matrices[i].start = hull.empty() ? cap : hull.front();
        for (std::size_t j = 1; j < hull.size(); ++j)
            segments.push_back(
                {damageSlope(items[i], hull[j - 1], hull[j]), i, hull[j - 1], hull[j]});
    }
    // Stable: segments of a matrix stand in the order of its hull, matrices in theirs.
    std::ranges::stable_sort(segments, std::ranges::greater(), &HullSegment::slope);
    return segments;
}

/// The ranks at which a segment is split, and its end. What leads to the matrix as it is is split
/// only where ranks run on to it without a dead zone.
std::vector<std::int64_t> splitRanks(const HullSegment& segment, const PathMatrix& matrix) {
    std::int64_t end = segment.to;
    if (end == 0) {
        end = rankLimit(matrix);
        const std::int64_t last = (end - 1) / matrix.multiple * matrix.multiple;
        if (last > segment.from && matrix.cost(last) >= matrix.cost(0)) end = segment.from;
    }
    std::vector<std::int64_t> ranks;
    for (std::int64_t r = segment.from + matrix.multiple; r < end; r += matrix.multiple)
        ranks.push_back(r);
    ranks.push_back(segment.to);
    return ranks;
}

}  // namespace

Result<NestedPath> NestedPath::plan(const std::vector<AllocationItem>& items,
                                    const std::vector<std::string>& names,
                                    const NestedPathOptions& options) {
    SKD_CHECK(checkItems(items, names, options));
    NestedPath path;
    path.m_largest = options.largest;
    path.m_smallest = options.smallest;
    path.m_denseParameters = options.denseParameters;
    path.m_fixedParameters = options.fixedParameters;
    for (std::size_t i = 0; i < items.size(); ++i) {
        path.m_matrices.push_back(pathMatrix(items[i], names[i], options.multiple));
        if (options.denseParameters == 0)
            path.m_denseParameters += items[i].rows * items[i].columns;
    }
    for (const HullSegment& segment : sortedSegments(items, options, path.m_matrices))
        for (const std::int64_t rank : splitRanks(segment, path.m_matrices[segment.matrix])) {
            path.m_stepMatrices.push_back(static_cast<std::int64_t>(segment.matrix));
            path.m_stepRanks.push_back(rank);
        }
    SKD_CHECK(path.checkMatrices());
    SKD_CHECK(path.addUpSteps());
    path.cutToSizes();
    SKD_CHECK(path.finish());
    path.m_sha256 = sha256Hex(dumpJson(specToJson(path)));
    return path;
}

void NestedPath::cutToSizes() {
    const auto lastWithin = [&](double removed) {
        const auto end = std::ranges::upper_bound(m_costs, budget(removed));
        return std::max<std::ptrdiff_t>(0, end - m_costs.begin() - 1);
    };
    const std::ptrdiff_t start = lastWithin(m_smallest), end = lastWithin(m_largest);
    const std::vector<std::int64_t> ranks = ranksAt(static_cast<std::size_t>(start));
    for (std::size_t i = 0; i < ranks.size(); ++i) m_matrices[i].start = ranks[i];
    for (std::vector<std::int64_t>* list : {&m_stepMatrices, &m_stepRanks}) {
        list->resize(static_cast<std::size_t>(std::max(start, end)));
        list->erase(list->begin(), list->begin() + start);
    }
}

Result<NestedPath> NestedPath::fromJson(const Json& json) {
    const auto read = [&]() -> Result<NestedPath> {
        NestedPath path;
        SKD_CHECK(readSpec(json, "", path));
        SKD_CHECK(path.finish());
        const std::string stored = std::exchange(path.m_sha256, "");
        path.m_sha256 = sha256Hex(dumpJson(specToJson(path)));
        if (stored != path.m_sha256)
            return fail(ErrorCode::Corrupt, "its steps do not have the SHA-256 that it states");
        return path;
    };
    return read().map_error([](const Error& error) {
        return Error{ErrorCode::Corrupt, error.message}.in("nested path");
    });
}

Json NestedPath::toJson() const {
    return specToJson(*this);
}

Status NestedPath::finish() {
    SKD_CHECK(checkMatrices());
    SKD_CHECK(addUpSteps());
    return checkSizes();
}

Status NestedPath::checkMatrices() const {
    if (m_matrices.empty()) return wrongPath("it has no matrices");
    std::set<std::string> names;
    for (const PathMatrix& matrix : m_matrices) {
        const std::int64_t limit = rankLimit(matrix), full = std::min(matrix.rows, matrix.columns);
        if (matrix.name.empty() || !names.insert(matrix.name).second)
            return wrongPath(strCat("it has two matrices called \"", matrix.name,
                                    "\", or one "
                                    "without a name"));
        const bool isBelowFloor = matrix.start != 0 && matrix.start < matrix.floor;
        if (matrix.currentRank > full || matrix.start > limit || matrix.floor > limit ||
            isBelowFloor)
            return wrongPath(strCat("the ranks of ", matrix.name, " (as it is ", matrix.currentRank,
                                    ", least ", matrix.floor, ", first ", matrix.start,
                                    ") do not fit its full rank ", full));
    }
    return {};
}

Status NestedPath::addUpSteps() {
    if (m_stepMatrices.size() != m_stepRanks.size())
        return wrongPath(strCat("it has ", m_stepMatrices.size(), " matrices and ",
                                m_stepRanks.size(), " ranks of steps"));
    std::vector<std::int64_t> ranks = ranksAt(0);
    m_highest = ranks;
    m_costs.assign(1, costOf(ranks));
    for (std::size_t t = 0; t < m_stepRanks.size(); ++t) {
        const auto i = static_cast<std::size_t>(m_stepMatrices[t]);
        if (i >= m_matrices.size())
            return wrongPath(strCat("step ", t, " is of matrix ", i, " of ", m_matrices.size()));
        const PathMatrix& matrix = m_matrices[i];
        const std::int64_t to = m_stepRanks[t], price = matrix.cost(to) - matrix.cost(ranks[i]);
        const bool isRaise = ranks[i] != 0 && matrix.floor != 0 && (to == 0 || to > ranks[i]);
        if (!isRaise || to > rankLimit(matrix) || price <= 0)
            return wrongPath(strCat("step ", t, " takes ", matrix.name, " from rank ", ranks[i],
                                    " to ", to,
                                    " (0 is the matrix as it is), which is no step up"));
        ranks[i] = to;
        if (to != 0) m_highest[i] = to;
        m_costs.push_back(m_costs.back() + price);
    }
    return {};
}

Status NestedPath::checkSizes() const {
    if (m_largest < 0 || m_largest >= m_smallest || m_smallest >= 1)
        return wrongPath(strCat("its largest size removes ", m_largest, " and its smallest ",
                                m_smallest, "; fractions of 0 to 1, the first the smaller one"));
    if (m_costs.front() > budget(m_smallest))
        return wrongPath(
            strCat("no less than ", percentText(1 - removedAt(m_costs.front())),
                   " of the parameters can stay, with every free matrix at its least rank, but the "
                   "smallest size is to remove ",
                   percentText(m_smallest), "; let it remove less"));
    if (m_costs.back() > budget(m_largest))
        return wrongPath(strCat("its last step leaves more than the largest size may have"));
    if (m_stepRanks.empty())
        return wrongPath(strCat("no rank lies between ", percentText(m_largest), " and ",
                                percentText(m_smallest),
                                " removed; choose sizes further apart, or a smaller "
                                "\"prune.rank_multiple\""));
    return {};
}

std::int64_t NestedPath::budget(double removed) const {
    return parametersKept(m_denseParameters, removed) - m_fixedParameters;
}

std::size_t NestedPath::prefixAt(double removed) const {
    const auto end = std::ranges::upper_bound(m_costs, budget(removed));
    return static_cast<std::size_t>(std::max<std::ptrdiff_t>(1, end - m_costs.begin())) - 1;
}

std::vector<std::int64_t> NestedPath::ranksAt(std::size_t prefix) const {
    std::vector<std::int64_t> ranks;
    for (const PathMatrix& matrix : m_matrices) ranks.push_back(matrix.start);
    for (std::size_t t = 0; t < prefix; ++t)
        ranks[static_cast<std::size_t>(m_stepMatrices[t])] = m_stepRanks[t];
    return ranks;
}

std::vector<std::int64_t> NestedPath::ranksOf(std::size_t matrix) const {
    std::vector<std::int64_t> ranks{m_matrices[matrix].start};
    for (std::size_t t = 0; t < m_stepMatrices.size(); ++t)
        if (static_cast<std::size_t>(m_stepMatrices[t]) == matrix) ranks.push_back(m_stepRanks[t]);
    return ranks;
}

std::vector<std::int64_t> NestedPath::components() const {
    std::vector<std::int64_t> components = ranksAt(steps());
    for (std::size_t i = 0; i < components.size(); ++i) {
        const PathMatrix& matrix = m_matrices[i];
        if (components[i] == 0 && matrix.start != 0)
            components[i] = std::min(matrix.rows, matrix.columns);
    }
    return components;
}

std::int64_t NestedPath::costOf(const std::vector<std::int64_t>& ranks) const {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < ranks.size(); ++i) sum += m_matrices[i].cost(ranks[i]);
    return sum;
}

double NestedPath::removedAt(std::int64_t cost) const {
    return 1 -
           static_cast<double>(cost + m_fixedParameters) / static_cast<double>(m_denseParameters);
}

RankBounds NestedPath::bounds(std::size_t matrix) const {
    if (m_highest[matrix] == 0 || m_matrices[matrix].floor == 0) return {};
    return {m_matrices[matrix].floor, m_highest[matrix]};
}

}  // namespace skd
