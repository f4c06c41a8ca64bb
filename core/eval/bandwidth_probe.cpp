#include "eval/bandwidth_probe.h"

#include <chrono>

#include "kernels/gemv_kernels.h"
#include "kernels/thread_team.h"

namespace skd {

double BandwidthProbe::measure() {
    constexpr int kPasses = 5;
    const auto* values = m_buffer.const_data_ptr<float>();
    double best = 0;
    for (int pass = 0; pass < kPasses; ++pass) {
        const auto start = std::chrono::steady_clock::now();
        std::atomic<float> sum = 0;
        onTeam([&](const TeamMember& member) {
            const auto [begin, end] = member.share(kFloats, 4096);
            sum.store(kernels::readAll(values + begin, end - begin), std::memory_order_relaxed);
        });
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
        m_sum += sum.load();
        best = std::max(best, static_cast<double>(kFloats) * sizeof(float) / seconds.count());
    }
    return best;
}

}  // namespace skd
