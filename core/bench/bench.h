#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/statistics.h"
#include "events/run_context.h"
#include "spec/model_ref.h"

/// What `sparsekd bench` measures: work of this program against a reference path and against the
/// least that this machine could take. Plain results, no tensors.
namespace skd::bench {

struct BenchRequest {
    ModelRef model;  ///< of the rows that need one
    std::string text = "resource:text/wikitext-2-test.raw";
    std::vector<std::string> filters;  ///< rows whose name contains one of these; empty = all
    std::int64_t rounds = 7;
    bool quick = false;  ///< small sizes, to try whether everything runs: figures mean little
};

/// One way of doing the work.
struct BenchSide {
    std::string what;
    bool measured = true;                ///< false: recorded elsewhere, as `what` says
    Spread seconds = Spread::unknown();  ///< of all the work of a row
    double rate = 0;                     ///< units a second, at the median
    double peakBytes = 0;  ///< most that the process grew by in the warm-up; 0 = not measured
};

/// What the work takes at least.
struct BenchBound {
    std::string what;   ///< "GEMM probe", "read bandwidth", ...
    double value = 0;   ///< as probed in the same rounds, median
    std::string unit;   ///< of it: "GFLOP/s", "GB/s", "s"
    double amount = 0;  ///< FLOPs or bytes of the work; 0 where the value is a time
    double seconds = 0;
};

struct BenchRow {
    std::string name, work, unit;
    std::string missing;         ///< why it was not measured; empty where it was
    std::optional<Error> error;  ///< what its work failed with
    std::int64_t rounds = 0;
    double units = 0;  ///< of all the work
    BenchSide ours, reference;
    BenchBound bound;
    Spread ratio = Spread::unknown();  ///< time of the reference / ours, round by round
    double share = 0;                  ///< of the bound: its seconds / ours
    std::string toReach;
    std::optional<bool> reached;  ///< none where nothing measured here says so
    Json details = Json::object();
};

struct BenchReport {
    Json machine;  ///< versions, processor, instruction sets, threads
    std::string model, arithmetic;
    std::vector<double> loadBefore, loadAfter;  ///< average over 1, 5 and 15 minutes
    std::int64_t rounds = 0;
    bool quick = false, cancelled = false;
    std::vector<BenchRow> rows;

    /// {"format": "sparsekd-bench", "version": 1, "machine", "model", "arithmetic", "rounds",
    /// "quick", "load_before", "load_after", "cancelled", "rows": [{"name", "work", "unit",
    /// "units", "rounds", "ours" and "reference": {"what", "measured", "seconds": {"median",
    /// "low", "high"}, "rate", "peak_bytes"}, "bound": {"what", "value", "unit", "amount",
    /// "seconds"}, "ratio": {"median", "low", "high"}, "share", "to_reach", "reached", "details"}]}
    /// Of a row that was not measured only "name", "work", "unit", "to_reach", and "missing" or
    /// "error". Times are in seconds, `low` and `high` quartiles.
    [[nodiscard]] Json toJson() const;
};

/// {"median", "low", "high"}
Json spreadJson(const Spread& spread);

/// A row as a list shows it.
struct RowOutline {
    std::string name, work, unit, reference, bound, toReach;
    bool needsModel = false;
};
std::vector<RowOutline> benchRows();

/// Measures the rows that the filters choose, one after the other: a warm-up of each side, then
/// rounds in which probe, ours and reference take turns. InvalidInput, with the names of all rows,
/// where a filter chooses none. A row whose model is not here says so and the others go on.
Result<BenchReport> runBench(const BenchRequest& request, const RunContext& context);

}  // namespace skd::bench
