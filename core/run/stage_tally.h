#pragma once

#include "run/scoring.h"

namespace skd {

/// Passes a run's events on, and charges its state with the seconds of every stage but loading
/// and published tasks, which measure and change nothing.
class StageTally final : public EventSink {
public:
    StageTally(RunState& state, EventSink* next) : m_state(state), m_next(next) {}

    void emit(Event event) override {
        if (const auto* end = std::get_if<StageFinished>(&event);
            end != nullptr && end->stage != Stage::Load && end->stage != Stage::Tasks)
            m_state.charge(end->stage, end->seconds);
        if (m_next != nullptr) m_next->emit(std::move(event));
    }

private:
    RunState& m_state;
    EventSink* m_next;
};

}  // namespace skd
