#pragma once

#include "base/json.h"
#include "base/result.h"
#include "ranks/allocation.h"
#include "results/break_even.h"

/// Ranks priced by measured time. Pure arithmetic, no LibTorch.
namespace skd {

/// Nanoseconds by matrix and rank (0 = dense) at a batch. InvalidInput names a shape that was not
/// measured.
Result<RankTimes> latencyCosts(const Analysis& analysis, const BreakEvenTable& table,
                               std::int64_t batch);

/// Share of the time of all dense matrices that ranks (0 = as it is) save.
double timeRemoved(const Analysis& analysis, const RankTimes& costs,
                   const std::vector<std::int64_t>& ranks);
/// What ranks do to the time of the matrices: {"cost_batch", "cost_table_sha256", "time_removed"}.
Json latencyDetails(const Analysis& analysis, const RankTimes& costs,
                    const std::vector<std::int64_t>& ranks, const BreakEvenTable& table,
                    std::int64_t batch);

struct SlowerRanks {
    std::int64_t factored = 0;  ///< factored matrices whose shape was measured
    std::int64_t slower = 0;    ///< of these, that take as long as the dense matrix or longer
    std::string example;        ///< one of them, with its rank and the largest faster one
};
/// Which of the ranks (0 = as it is) do not pay at a batch.
SlowerRanks slowerRanks(const Analysis& analysis, const std::vector<std::int64_t>& ranks,
                        const BreakEvenTable& table, std::int64_t batch);

}  // namespace skd
