#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "results/matrix_form.h"

/// From which rank on two thin products take as long as the matrix they stand for, as measured. No
/// LibTorch.
namespace skd {

/// A matrix [rows, columns] applied to `batch` rows of input.
struct BreakEvenShape {
    std::int64_t rows = 0, columns = 0, batch = 1;
    double dense = 0;  ///< microseconds
    struct Point {
        std::int64_t rank = 0;
        double time = 0;  ///< microseconds of both products
        bool operator==(const Point&) const = default;
    };
    std::vector<Point> factored;             ///< ascending in rank
    MatrixForm form = MatrixForm::Factored;  ///< that `factored` are times of

    /// What a shape is found by.
    [[nodiscard]] std::array<std::int64_t, 4> key() const {
        return {rows, columns, batch, static_cast<std::int64_t>(form)};
    }
    /// The largest measured rank up to which every measured rank is faster than dense; 0 = none is.
    [[nodiscard]] std::int64_t largestFasterRank() const;
    /// Where fewer parameters would put it: mn / (m + n), rounded down, factored.
    [[nodiscard]] std::int64_t parameterBreakEven() const {
        return form == MatrixForm::Factored ? rows * columns / (rows + columns)
                                            : breakEvenRank(form, rows, columns);
    }
    /// Nanoseconds by rank 0 .. `ranks`: entry 0 is dense, the others strictly increase. Linear
    /// between the measured ranks and beyond them; a time that falls with rank (noise) is levelled.
    [[nodiscard]] std::vector<std::int64_t> costs(std::int64_t ranks) const;
};

/// Measurements of one machine, dtype and number of threads, kept on disk.
struct BreakEvenTable {
    std::string machine, dtype;
    std::int64_t threads = 0;
    std::vector<BreakEvenShape> shapes;

    /// Null where it was not measured.
    [[nodiscard]] const BreakEvenShape* find(std::int64_t rows, std::int64_t columns,
                                             std::int64_t batch,
                                             MatrixForm form = MatrixForm::Factored) const;
    /// Adds a shape, instead of an older measurement of it.
    void put(BreakEvenShape shape);
    /// Factored shapes under "shapes", others under "identity_block_shapes", where a program that
    /// knows no other form does not look.
    [[nodiscard]] Json toJson() const;
    /// Corrupt where a figure is missing or makes no sense.
    static Result<BreakEvenTable> fromJson(const Json& json);
    /// SHA-256 of toJson().
    [[nodiscard]] std::string sha256() const;
};

/// The table in a file of such; Corrupt where it does not verify.
Result<BreakEvenTable> readBreakEvenFile(const std::filesystem::path& file);
/// The table in `folder` of such a machine, or `empty` itself where there is none, or, with a
/// warning, where it is damaged: what it held is measured again.
Result<BreakEvenTable> readBreakEven(const std::filesystem::path& folder,
                                     const BreakEvenTable& empty);
Status writeBreakEven(const std::filesystem::path& folder, const BreakEvenTable& table);

}  // namespace skd
