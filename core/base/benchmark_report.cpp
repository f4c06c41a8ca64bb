#include "base/benchmark_report.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace skd {
namespace {

double quantile(const std::vector<double>& sorted, double share) {
    if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
    const double at = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(std::floor(at));
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Json cellJson(const BenchmarkCell& c) {
    return {{"batch", c.batch},
            {"ttft_ms", c.ttftMs.toJson()},
            {"tpot_ms", c.tpotMs.toJson()},
            {"prefill_speedup", c.prefillSpeedup.toJson()},
            {"decode_speedup", c.decodeSpeedup.toJson()},
            {"prefill_tokens_per_second", c.prefillTokensPerSecond},
            {"decode_tokens_per_second", c.decodeTokensPerSecond},
            {"bound_share", c.boundShare},
            {"peak_bytes", c.peakBytes},
            {"cache_bytes", c.cacheBytes}};
}

}  // namespace

Measured Measured::of(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return {quantile(values, 0.5), quantile(values, 0.25), quantile(values, 0.75)};
}

Json Measured::toJson() const { return {{"median", median}, {"low", low}, {"high", high}}; }

Json BenchmarkReport::toJson() const {
    Json json{{"prompt", prompt},   {"generate", generate}, {"rounds", rounds},
              {"threads", threads}, {"dtype", dtype},       {"device", device},
              {"read_bandwidth", bandwidth.toJson()},
              {"definition", "median of the rounds, low and high the quartiles; models take turns within each round; a speed-up is the first model's time of "
                             "the same round over this model's; bound_share: weight bytes read per step / TPOT / read bandwidth"},
              {"memory_definition", memoryDefinition}};
    json["models"] = Json::array();
    for (const BenchmarkModel& m : models) {
        Json model{{"name", m.name},
                   {"parameters", m.parameters},
                   {"mlp_parameters", m.mlpParameters},
                   {"mlp_removed", m.mlpRemoved},
                   {"weight_bytes", m.weightBytes},
                   {"bytes_per_step", m.bytesPerStep}};
        model["batches"] = Json::array();
        for (const BenchmarkCell& cell : m.cells) model["batches"].push_back(cellJson(cell));
        json["models"].push_back(model);
    }
    json["cancelled"] = cancelled;
    return json;
}

}  // namespace skd
