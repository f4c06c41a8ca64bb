#include <algorithm>
#include <cmath>

#include "events/run_context.h"

namespace skd {
namespace {

constexpr std::chrono::milliseconds kEmitInterval{100};
/// Time over which rates are forgotten (1/e), and the most that one sample may weigh: slow steps
/// are still averaged over a few of them.
constexpr double kSmoothingSeconds = 5;
constexpr double kLargestWeight = 0.3;

double secondsBetween(std::chrono::steady_clock::time_point from,
                      std::chrono::steady_clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
}

}  // namespace

ProgressMeter::ProgressMeter(const RunContext& context, Stage stage, std::int64_t total,
                             std::string unit)
    : m_context(context), m_begin(Clock::now()), m_lastEmit(m_begin) {
    m_progress.run = context.run;
    m_progress.stage = stage;
    m_progress.total = total;
    m_progress.unit = std::move(unit);
    m_context.emit(m_progress);
}

ProgressMeter::~ProgressMeter() {
    if (m_progress.done != m_lastDone) emit(Clock::now());
}

void ProgressMeter::advance(std::int64_t amount) {
    m_progress.done += amount;
    const auto now = Clock::now();
    const bool complete = m_progress.total > 0 && m_progress.done >= m_progress.total &&
                          m_lastDone < m_progress.total;
    if (complete || now - m_lastEmit >= kEmitInterval) emit(now);
}

double ProgressMeter::perSecond() const {
    if (m_rateWeight > 0) return m_rateSum / m_rateWeight;
    const double elapsed = secondsBetween(m_begin, Clock::now());
    return elapsed > 0 ? static_cast<double>(m_progress.done) / elapsed : 0;
}

/// Takes the rate since the last emission into the average. Shorter intervals are too noisy to
/// count.
void ProgressMeter::sample(Clock::time_point now) {
    const double seconds = secondsBetween(m_lastEmit, now);
    if (now - m_lastEmit < kEmitInterval) return;
    const double weight = std::min(kLargestWeight, 1 - std::exp(-seconds / kSmoothingSeconds));
    const double rate = static_cast<double>(m_progress.done - m_lastDone) / seconds;
    m_rateSum += weight * (rate - m_rateSum);
    m_rateWeight += weight * (1 - m_rateWeight);
}

void ProgressMeter::emit(Clock::time_point now) {
    sample(now);
    m_progress.perSecond = perSecond();
    const auto left = static_cast<double>(m_progress.total - m_progress.done);
    const bool known = m_progress.total > 0 && m_progress.perSecond > 0;
    m_progress.secondsLeft = known ? std::max(0.0, left) / m_progress.perSecond : -1;
    m_context.emit(m_progress);
    m_lastEmit = now;
    m_lastDone = m_progress.done;
}

}  // namespace skd
