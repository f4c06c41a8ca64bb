#pragma once

#include <ATen/Parallel.h>
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>
#include <utility>

namespace skd {

/// Lets threads wait for each other many times within a millisecond: spins, and gives way to others
/// where a partner takes long (a machine with more work than cores).
class SpinBarrier {
public:
    void wait(int threads) {
        const std::uint32_t generation = m_generation.load(std::memory_order_acquire);
        if (m_waiting.fetch_add(1, std::memory_order_acq_rel) + 1 == threads) {
            m_waiting.store(0, std::memory_order_relaxed);
            m_generation.fetch_add(1, std::memory_order_acq_rel);
            return;
        }
        for (int spins = 0; m_generation.load(std::memory_order_acquire) == generation; ++spins) {
            if (spins < kSpins)
                pause();
            else
                std::this_thread::yield();
        }
    }

private:
    static constexpr int kSpins = 2000;
    static void pause() {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
    alignas(64) std::atomic<int> m_waiting{0};
    alignas(64) std::atomic<std::uint32_t> m_generation{0};
};

/// One thread of several that work through the same steps together.
class TeamMember {
public:
    TeamMember(int index, int size, SpinBarrier& barrier)
        : m_index(index), m_size(size), m_barrier(barrier) {}
    /// Returns when all have come.
    void meet() const {
        if (m_size > 1) m_barrier.wait(m_size);
    }
    /// This one's part [first, second) of `count` things, in multiples of `multiple`.
    [[nodiscard]] std::pair<std::int64_t, std::int64_t> share(std::int64_t count,
                                                              std::int64_t multiple = 1) const {
        const std::int64_t units = (count + multiple - 1) / multiple;
        return {std::min(count, units * m_index / m_size * multiple),
                std::min(count, units * (m_index + 1) / m_size * multiple)};
    }
    [[nodiscard]] int index() const { return m_index; }

private:
    int m_index, m_size;
    SpinBarrier& m_barrier;
};

/// Runs work(TeamMember) on LibTorch's number of threads at once; `work` must not throw.
template <class Work>
void onTeam(Work&& work) {
    SpinBarrier barrier;
    const int threads = at::in_parallel_region() ? 1 : at::get_num_threads();
#pragma omp parallel num_threads(threads)
    work(TeamMember(omp_get_thread_num(), omp_get_num_threads(), barrier));
}

}  // namespace skd
