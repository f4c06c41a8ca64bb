#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "ranks/allocation.h"

/// The sizes of an elastic student (resources/help/method.md, Elastic students). Pure arithmetic,
/// no LibTorch.
namespace skd {

/// What a path is planned for; sizes are fractions of the dense parameters that are removed.
struct NestedPathOptions {
    double largest = 0.15, smallest = 0.65;
    std::int64_t multiple = 16;        ///< of ranks, and of what a segment of a hull is split at
    std::int64_t floor = 32;           ///< least rank of a matrix
    std::int64_t denseParameters = 0;  ///< of the matrices when dense, biases included; 0 = the
                                       ///< matrices' own
    std::int64_t fixedParameters = 0;  ///< of these, biases, which no rank removes
    /// Largest rank by matrix, 0 = as it is, of a student that has its factors already; such a path
    /// ends there. Empty = no limit but `largest`.
    std::vector<std::int64_t> caps;
};

/// A matrix of a path, and what it keeps at the smallest size.
struct PathMatrix {
    std::string name;
    std::int64_t rows = 0, columns = 0;
    MatrixForm form = MatrixForm::Factored;  ///< that ranks are priced in
    std::int64_t currentRank = 0;            ///< as it is: 0 = dense
    MatrixForm currentForm = MatrixForm::Factored;
    std::int64_t multiple = 1;  ///< of its ranks
    std::int64_t floor = 0;     ///< its least rank; 0 = it is locked, or no rank is cheaper
    std::int64_t start = 0;     ///< its rank at the smallest size; 0 = as it is

    /// Parameters at a rank; 0 stands for the matrix as it is.
    [[nodiscard]] std::int64_t cost(std::int64_t rank) const {
        return rank == 0 ? formParameters(currentForm, rows, columns, currentRank)
                         : formParameters(form, rows, columns, rank);
    }
    bool operator==(const PathMatrix&) const = default;
    static void visitFields(auto& self, auto& visitor);
};

/// One list of steps, each of which raises the rank of one matrix: whoever takes the first t of
/// them gets the profile of prefix t, and every profile contains those of shorter prefixes,
/// component by component. The steps are the segments of all hulls by falling damage saved per
/// parameter, ties by matrix, so that a prefix of whole segments has the least damage of all
/// profiles of its cost (Everett 1963). Segments are split at multiples of the rank multiple, so
/// that a size is met within one step; a jump over the dead zone is one step.
///
/// A profile is a rank by matrix, 0 = as it is; prefix 0 is the smallest size, prefix `steps()` the
/// largest one. A value: to be copied and compared.
class NestedPath {
public:
    /// Plans the path through `items`, which are called `names`: from the longest prefix within the
    /// budget of `options.smallest` to the longest within that of `options.largest`. It stops at
    /// the first step that no longer fits. Matrices with a locked rank keep it, and it counts.
    /// InvalidInput where the smallest size cannot be reached, where nothing lies between the ends,
    /// and where damage is not finite.
    static Result<NestedPath> plan(const std::vector<AllocationItem>& items,
                                   const std::vector<std::string>& names,
                                   const NestedPathOptions& options);
    /// What toJson wrote; Corrupt, with the reason, for anything else.
    static Result<NestedPath> fromJson(const Json& json);
    /// Whole numbers, names and the two fractions, with the list's SHA-256.
    [[nodiscard]] Json toJson() const;
    /// Of everything that the path consists of: what a resume compares.
    [[nodiscard]] const std::string& sha256() const { return m_sha256; }

    [[nodiscard]] double largest() const { return m_largest; }
    [[nodiscard]] double smallest() const { return m_smallest; }
    [[nodiscard]] const std::vector<PathMatrix>& matrices() const { return m_matrices; }
    [[nodiscard]] std::size_t steps() const { return m_costs.size() - 1; }

    /// The longest prefix that removes at least `removed`; the ends for sizes beyond them. A binary
    /// search.
    [[nodiscard]] std::size_t prefixAt(double removed) const;
    /// Ranks by matrix after `prefix` steps, at most steps().
    [[nodiscard]] std::vector<std::int64_t> ranksAt(std::size_t prefix) const;
    /// The ranks that the path gives a matrix, from the smallest size to the largest; 0, as it is,
    /// comes last.
    [[nodiscard]] std::vector<std::int64_t> ranksOf(std::size_t matrix) const;
    /// Components that a student of all sizes holds, by matrix: the rank at the largest size; all
    /// of them where the matrix is whole there and not at every size; 0 where it is whole
    /// everywhere.
    [[nodiscard]] std::vector<std::int64_t> components() const;
    /// Parameters of all matrices after `prefix` steps.
    [[nodiscard]] std::int64_t cost(std::size_t prefix) const { return m_costs[prefix]; }
    /// The same of any ranks by matrix, on the path or off it.
    [[nodiscard]] std::int64_t costOf(const std::vector<std::int64_t>& ranks) const;
    /// Fraction of the dense parameters that is gone when the matrices have `cost`.
    [[nodiscard]] double removedAt(std::int64_t cost) const;
    /// Between which ranks a matrix may lie beside the path: its floor and the largest rank below
    /// "as it is" that the path gives it. Both 0 where the path leaves it as it is.
    [[nodiscard]] RankBounds bounds(std::size_t matrix) const;

    bool operator==(const NestedPath&) const = default;
    static void visitFields(auto& self, auto& visitor);

private:
    NestedPath() = default;
    [[nodiscard]] std::int64_t budget(double removed) const;
    /// Checks the list and adds up its costs; InvalidInput says what is wrong.
    Status finish();
    [[nodiscard]] Status checkMatrices() const;
    Status addUpSteps();
    [[nodiscard]] Status checkSizes() const;
    /// The steps that fit `largest`, behind a start that fits `smallest`.
    void cutToSizes();

    double m_largest = 0, m_smallest = 0;
    std::int64_t m_denseParameters = 0, m_fixedParameters = 0;
    std::vector<PathMatrix> m_matrices;
    std::vector<std::int64_t> m_stepMatrices, m_stepRanks;  ///< of each step
    std::vector<std::int64_t> m_costs;                      ///< by prefix
    std::vector<std::int64_t> m_highest;  ///< by matrix: largest rank of any prefix that is not 0
    std::string m_sha256;
};

}  // namespace skd
