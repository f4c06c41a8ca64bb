#pragma once

#include "run/scoring.h"

namespace skd {

/// Passes a run's events on, and charges its state with the seconds of every stage but loading,
/// and of what is measured for free.
class StageTally final : public EventSink {
public:
    StageTally(RunState& state, EventSink* next) : m_state(state), m_next(next) {}

    void emit(Event event) override {
        if (const auto* end = std::get_if<StageFinished>(&event);
            end != nullptr && end->stage != Stage::Load && !m_free)
            m_state.charge(end->stage, end->seconds);
        if (m_next != nullptr) m_next->emit(std::move(event));
    }

    /// What is emitted from here on is not charged: published tasks measure and change nothing.
    void setFree(bool free) { m_free = free; }

private:
    RunState& m_state;
    EventSink* m_next;
    bool m_free = false;
};

}  // namespace skd
