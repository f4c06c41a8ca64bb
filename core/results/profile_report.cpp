#include "results/profile_report.h"

#include <algorithm>

namespace skd {

double ModelProfile::typicalSeconds() const {
    double total = 0;
    for (const ModuleTime& time : modules) total += time.seconds;
    return total;
}

std::vector<OperatorTime> ModelProfile::byOperator() const {
    std::map<std::string, OperatorTime> merged;
    for (const OperatorTime& time : operators) {
        OperatorTime& sum =
            merged.try_emplace(time.name, OperatorTime{time.name, time.module}).first->second;
        sum.seconds += time.seconds;
        sum.share += time.share;
        sum.calls += time.calls;
    }
    std::vector<OperatorTime> lines;
    for (auto& entry : merged) lines.push_back(std::move(entry.second));
    std::stable_sort(lines.begin(), lines.end(),
                     [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
    return lines;
}

std::map<PaperBucket, double> ModelProfile::paperBuckets() const {
    std::map<PaperBucket, double> buckets{
        {PaperBucket::Attention, 0}, {PaperBucket::Gemm, 0}, {PaperBucket::Rest, 0}};
    for (const ModuleTime& time : modules) buckets[paperBucket(time.module)] += time.seconds;
    return buckets;
}

}  // namespace skd
