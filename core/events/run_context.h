#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

#include "events/event.h"

namespace skd {

class Communicator;

/// What a stage may use of the world: where its events go, whether to stop, its seed. No globals.
struct RunContext {
    RunId run;
    EventSink* sink = nullptr;
    std::stop_token stop;
    std::uint64_t seed = 42;
    /// Waits until everything emitted so far is on record; called before a checkpoint that claims
    /// it. May be empty.
    std::function<Status()> flush;
    /// Called between units of work; blocks while the run is paused. May be empty.
    std::function<void()> waitWhilePaused;
    /// The processes that do this work together (model/parallel/communicator.h), each of which
    /// calls the same stage; null: this one alone.
    Communicator* devices = nullptr;

    void emit(Event event) const {
        if (sink != nullptr) sink->emit(std::move(event));
    }
    /// True when the work should end; waits first while the run is paused.
    [[nodiscard]] bool cancelled() const {
        if (waitWhilePaused) waitWhilePaused();
        return stop.stop_requested();
    }
    void log(log::Level level, std::string text) const {
        emit(LogLine{run, level, std::move(text)});
    }
};

/// Emits Progress at most ten times a second, with rate and time left; the first and the last state
/// are always emitted (the last one at the latest when the meter ends). One thread uses it.
class ProgressMeter {
public:
    ProgressMeter(const RunContext& context, Stage stage, std::int64_t total, std::string unit);
    ~ProgressMeter();
    ProgressMeter(const ProgressMeter&) = delete;
    ProgressMeter& operator=(const ProgressMeter&) = delete;

    void advance(std::int64_t amount);
    /// Smoothed over the last seconds; over the whole time while that is short. 0 while unknown.
    [[nodiscard]] double perSecond() const;

private:
    using Clock = std::chrono::steady_clock;
    void sample(Clock::time_point now);
    void emit(Clock::time_point now);

    const RunContext& m_context;
    Progress m_progress;
    Clock::time_point m_begin, m_lastEmit;
    std::int64_t m_lastDone = 0;  ///< `done` when last emitted
    double m_rateSum = 0;         ///< exponentially weighted sum of rates ...
    double m_rateWeight = 0;      ///< ... and of their weights, which start at 0
};

}  // namespace skd
