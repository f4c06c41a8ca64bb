#include "results/break_even.h"

#include <algorithm>
#include <cmath>

#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "base/verified_file.h"

namespace skd {
namespace {

using Point = BreakEvenShape::Point;

constexpr VerifiedFormat kBreakEvenFormat{"sparsekd-break-even-table", 16 << 20};
constexpr const char *kFactored = "shapes", *kBlocks = "identity_block_shapes";

/// Microseconds at any rank of points that rise: linear between them, the ends' slopes beyond.
double timeAt(const std::vector<Point>& points, double rank) {
    if (points.size() == 1)
        return points.front().time * rank / static_cast<double>(points.front().rank);
    std::size_t i = 1;
    while (i + 1 < points.size() && rank > static_cast<double>(points[i].rank)) ++i;
    const Point &a = points[i - 1], &b = points[i];
    return a.time + (rank - static_cast<double>(a.rank)) * (b.time - a.time) /
                        static_cast<double>(b.rank - a.rank);
}

Json shapeJson(const BreakEvenShape& shape) {
    Json json{{"rows", shape.rows},
              {"columns", shape.columns},
              {"batch", shape.batch},
              {"dense_us", shape.dense}};
    json["factored_us"] = Json::array();
    for (const Point& point : shape.factored)
        json["factored_us"].push_back({point.rank, point.time});
    return json;
}

/// Throws what the JSON library throws where a figure is missing.
BreakEvenShape shapeFrom(const Json& entry) {
    BreakEvenShape shape{
        entry.at("rows"), entry.at("columns"), entry.at("batch"), entry.at("dense_us"), {}};
    for (const Json& point : entry.at("factored_us"))
        shape.factored.push_back({point.at(0), point.at(1)});
    return shape;
}

bool isPositive(double value) {
    return std::isfinite(value) && value > 0;
}

bool isSound(const BreakEvenShape& shape) {
    if (shape.rows < 1 || shape.columns < 1 || shape.batch < 1 || !isPositive(shape.dense) ||
        shape.factored.empty())
        return false;
    std::int64_t last = 0;
    for (const Point& point : shape.factored) {
        if (point.rank <= last || !isPositive(point.time)) return false;
        last = point.rank;
    }
    return true;
}

/// The file in `folder` that holds the table of such a machine.
std::filesystem::path breakEvenFile(const std::filesystem::path& folder,
                                    const BreakEvenTable& table) {
    return folder / strCat("break-even-", table.dtype, "-", table.threads, "-threads-",
                           sha256Hex(table.machine).substr(0, 12), ".json");
}

}  // namespace

std::int64_t BreakEvenShape::largestFasterRank() const {
    std::int64_t largest = 0;
    for (const Point& point : factored) {
        if (point.time >= dense) break;
        largest = point.rank;
    }
    return largest;
}

std::vector<std::int64_t> BreakEvenShape::costs(std::int64_t ranks) const {
    std::vector<Point> rising = factored;
    for (std::size_t i = 1; i < rising.size(); ++i)
        rising[i].time = std::max(rising[i].time, rising[i - 1].time);
    std::vector<std::int64_t> costs{std::llround(1000 * dense)};
    std::int64_t last = 0;
    for (std::int64_t rank = 1; rank <= ranks; ++rank) {
        last = std::max<std::int64_t>(
            last + 1, std::llround(1000 * timeAt(rising, static_cast<double>(rank))));
        costs.push_back(last);
    }
    return costs;
}

const BreakEvenShape* BreakEvenTable::find(std::int64_t rows, std::int64_t columns,
                                           std::int64_t batch, MatrixForm form) const {
    const std::array key{rows, columns, batch, static_cast<std::int64_t>(form)};
    const auto found = std::ranges::find(shapes, key, &BreakEvenShape::key);
    return found == shapes.end() ? nullptr : &*found;
}

void BreakEvenTable::put(BreakEvenShape shape) {
    const auto at = std::ranges::lower_bound(shapes, shape.key(), {}, &BreakEvenShape::key);
    if (at != shapes.end() && at->key() == shape.key())
        *at = std::move(shape);
    else
        shapes.insert(at, std::move(shape));
}

Json BreakEvenTable::toJson() const {
    Json json{{"format", "sparsekd-break-even"},
              {"machine", machine},
              {"dtype", dtype},
              {"threads", threads}};
    json["shapes"] = Json::array();
    for (const BreakEvenShape& shape : shapes)
        json[shape.form == MatrixForm::Factored ? kFactored : kBlocks].push_back(shapeJson(shape));
    return json;
}

Result<BreakEvenTable> BreakEvenTable::fromJson(const Json& json) {
    BreakEvenTable table;
    try {
        if (json.at("format") != "sparsekd-break-even")
            return fail(ErrorCode::Corrupt, "this is no table of break-even ranks");
        table = {json.at("machine"), json.at("dtype"), json.at("threads"), {}};
        std::vector<BreakEvenShape> read;
        for (const Json& entry : json.at(kFactored)) read.push_back(shapeFrom(entry));
        if (json.contains(kBlocks))
            for (const Json& entry : json.at(kBlocks)) {
                read.push_back(shapeFrom(entry));
                read.back().form = MatrixForm::IdentityBlock;
            }
        for (BreakEvenShape& shape : read) {
            if (!isSound(shape))
                return fail(ErrorCode::Corrupt,
                            "the table of break-even ranks has a shape without valid times; delete "
                            "it, and it is measured again");
            table.put(std::move(shape));
        }
    } catch (const Json::exception& error) {
        return fail(ErrorCode::Corrupt,
                    strCat("the table of break-even ranks cannot be read: ", error.what(),
                           "; delete it, and it is measured again"));
    }
    return table;
}

std::string BreakEvenTable::sha256() const {
    return sha256Hex(dumpJson(toJson()));
}

Result<BreakEvenTable> readBreakEvenFile(const std::filesystem::path& file) {
    SKD_TRY(const Json json, readVerifiedJson(file, kBreakEvenFormat));
    return located(BreakEvenTable::fromJson(json), file.string());
}

Result<BreakEvenTable> readBreakEven(const std::filesystem::path& folder,
                                     const BreakEvenTable& empty) {
    const std::filesystem::path file = breakEvenFile(folder, empty);
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) return empty;
    auto table = readBreakEvenFile(file);
    if (table || table.error().code != ErrorCode::Corrupt) return table;
    log::warning(table.error().message + "; what it held is measured again");
    return empty;
}

Status writeBreakEven(const std::filesystem::path& folder, const BreakEvenTable& table) {
    SKD_CHECK(createFolders(folder));
    return writeVerifiedJson(breakEvenFile(folder, table), kBreakEvenFormat, table.toJson());
}

}  // namespace skd
