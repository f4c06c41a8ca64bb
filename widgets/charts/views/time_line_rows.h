#pragma once

#include <cstdint>
#include <vector>

#include "results/profile_report.h"

namespace skd {

/// The records of one thread that lie at the same depth: disjoint and in order of time.
struct TimeLineRow {
    std::int64_t thread = 0;
    int depth = 0;
    std::vector<std::uint32_t> records;
};

/// A profile's records in rows, nested ones below those that hold them.
struct TimeLineRows {
    std::vector<TimeLineRow> rows;
    std::int64_t beginNs = 0, endNs = 0;
};
/// Threads by the time of their first record; a record that only overlaps its neighbour starts a
/// row further down. Needs n log n steps.
TimeLineRows timeLineRows(const std::vector<ProfileRecord>& records);

/// What is drawn of a row: a record, or those that share a pixel column.
struct TimeLineBlock {
    double left = 0, width = 0;  ///< pixels from the begin of the view
    std::uint32_t record = 0;    ///< the first of them
    std::size_t count = 1;
};
/// The blocks of `row` in a view of `pixels` columns from `fromNs` to `toNs`: at most two per
/// column, found in columns x log n steps, however many records there are.
std::vector<TimeLineBlock> timeLineBlocks(const std::vector<ProfileRecord>& records,
                                          const std::vector<std::uint32_t>& row, double fromNs,
                                          double toNs, double pixels);
/// Position in `row` of the record at a time; row.size() where there is none.
std::size_t recordAt(const std::vector<ProfileRecord>& records,
                     const std::vector<std::uint32_t>& row, double timeNs);

}  // namespace skd
