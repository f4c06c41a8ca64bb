#include "charts/views/time_line_rows.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace skd {

namespace {

using Rows = std::vector<std::uint32_t>;

/// Rows of one thread, by depth.
struct Thread {
    std::vector<Rows> depths;
    std::vector<std::int64_t> ends;  ///< of the last record of every depth

    void add(const ProfileRecord& record, std::uint32_t index) {
        std::size_t depth = 0;
        while (depth < ends.size() && ends[depth] > record.beginNs) ++depth;
        if (depth == depths.size()) {
            depths.emplace_back();
            ends.push_back(0);
        }
        depths[depth].push_back(index);
        ends[depth] = record.endNs;
    }
};

}  // namespace

TimeLineRows timeLineRows(const std::vector<ProfileRecord>& records) {
    TimeLineRows result;
    if (records.empty()) return result;
    Rows order(records.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        const ProfileRecord &x = records[a], &y = records[b];
        return x.beginNs != y.beginNs ? x.beginNs < y.beginNs : x.endNs > y.endNs;
    });
    result.beginNs = records[order.front()].beginNs;
    result.endNs = result.beginNs;
    std::map<std::int64_t, std::size_t> place;
    std::vector<std::pair<std::int64_t, Thread>> threads;
    for (std::uint32_t index : order) {
        const ProfileRecord& record = records[index];
        const auto [found, fresh] = place.try_emplace(record.thread, threads.size());
        if (fresh) threads.emplace_back(record.thread, Thread());
        threads[found->second].second.add(record, index);
        result.endNs = std::max(result.endNs, record.endNs);
    }
    for (auto& [thread, rows] : threads)
        for (std::size_t depth = 0; depth < rows.depths.size(); ++depth)
            result.rows.push_back({thread, static_cast<int>(depth), std::move(rows.depths[depth])});
    return result;
}

std::vector<TimeLineBlock> timeLineBlocks(const std::vector<ProfileRecord>& records,
                                          const std::vector<std::uint32_t>& row, double fromNs,
                                          double toNs, double pixels) {
    std::vector<TimeLineBlock> blocks;
    if (!(toNs > fromNs) || pixels < 1) return blocks;
    const double scale = pixels / (toNs - fromNs);
    const auto beginsBefore = [&](std::uint32_t index, double time) {
        return static_cast<double>(records[index].beginNs) < time;
    };
    auto at = std::partition_point(row.begin(), row.end(), [&](std::uint32_t index) {
        return static_cast<double>(records[index].endNs) <= fromNs;
    });
    while (at != row.end() && beginsBefore(*at, toNs)) {
        const ProfileRecord& record = records[*at];
        const double left = std::max(0.0, (static_cast<double>(record.beginNs) - fromNs) * scale);
        const double right = std::min(pixels, (static_cast<double>(record.endNs) - fromNs) * scale);
        if (right - left >= 1) {
            blocks.push_back({left, right - left, *at, 1});
            ++at;
            continue;
        }
        const double column = std::floor(left), next = fromNs + (column + 1) / scale;
        const auto end = std::max(
            at + 1, std::lower_bound(at, row.end(), next, [&](std::uint32_t index, double time) {
                return beginsBefore(index, time);
            }));
        // The last one of the column may be long: it is drawn by itself.
        const auto last = end - 1;
        const bool longLast =
            last != at &&
            (static_cast<double>(records[*last].endNs) - fromNs) * scale >= column + 2;
        const auto stop = longLast ? last : end;
        blocks.push_back({column, 1, *at, static_cast<std::size_t>(stop - at)});
        at = stop;
    }
    return blocks;
}

std::size_t recordAt(const std::vector<ProfileRecord>& records,
                     const std::vector<std::uint32_t>& row, double timeNs) {
    const auto found = std::partition_point(row.begin(), row.end(), [&](std::uint32_t index) {
        return static_cast<double>(records[index].endNs) <= timeNs;
    });
    if (found == row.end() || static_cast<double>(records[*found].beginNs) > timeNs)
        return row.size();
    return static_cast<std::size_t>(found - row.begin());
}

}  // namespace skd
