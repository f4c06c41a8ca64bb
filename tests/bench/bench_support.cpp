#include "bench_support.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <fstream>

namespace skd::bench {
namespace {

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// A line of /proc/self/status in MiB ("VmRSS", "VmHWM").
double statusMebibytes(const std::string& key) {
    std::ifstream file("/proc/self/status");
    std::string word;
    while (file >> word)
        if (word == key + ":") {
            double kibibytes = 0;
            file >> kibibytes;
            return kibibytes / 1024;
        }
    return 0;
}

/// Makes the high-water mark start again from what is resident now.
void resetPeak() {
    std::ofstream("/proc/self/clear_refs") << "5";
}

double median(std::vector<double> values) {
    std::nth_element(values.begin(),
                     values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

}  // namespace

std::vector<Timing> interleave(const std::vector<Contestant>& contestants, int rounds) {
    std::vector<std::vector<double>> seconds(contestants.size());
    std::vector<Timing> timings;
    for (const Contestant& contestant : contestants) {
        resetPeak();
        const double before = statusMebibytes("VmRSS");
        contestant.work();
        timings.push_back({contestant.name, 0, statusMebibytes("VmHWM") - before});
    }
    for (int round = 0; round < rounds; ++round)
        for (std::size_t i = 0; i < contestants.size(); ++i) {
            const double begin = now();
            contestants[i].work();
            seconds[i].push_back(now() - begin);
        }
    for (std::size_t i = 0; i < contestants.size(); ++i) timings[i].seconds = median(seconds[i]);
    return timings;
}

Json report(const std::string& work, const std::vector<Timing>& timings) {
    Json json{{"work", work}};
    for (const Timing& timing : timings)
        json[timing.name] = {{"ms", timing.seconds * 1e3}, {"mib", timing.peakMebibytes}};
    json["speedup"] = timings.front().seconds / timings.back().seconds;
    json["memory_ratio"] =
        timings.front().peakMebibytes / std::max(timings.back().peakMebibytes, 1.0);
    return json;
}

double gemmGigaflops(double seconds, at::ScalarType type) {
    const at::Tensor a = at::randn({512, 1024}).to(type), b = at::randn({3072, 1024}).to(type);
    at::linear(a, b);
    int count = 0;
    const double begin = now();
    while (now() - begin < seconds) {
        at::linear(a, b);
        ++count;
    }
    return 2.0 * 512 * 1024 * 3072 * count / (now() - begin) / 1e9;
}

}  // namespace skd::bench
