#pragma once

#include "events/run_context.h"

namespace skd {

/// Announces a stage, and its end with its duration and result.
class StageScope {
public:
    StageScope(const RunContext& context, Stage stage, std::string detail)
        : m_context(context), m_stage(stage), m_begin(Clock::now()) {
        context.emit(StageStarted{context.run, stage, std::move(detail)});
    }
    void finish(Json result = Json::object()) {
        m_context.emit(StageFinished{m_context.run, m_stage, seconds(), std::move(result)});
    }
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(Clock::now() - m_begin).count();
    }

private:
    using Clock = std::chrono::steady_clock;
    const RunContext& m_context;
    Stage m_stage;
    Clock::time_point m_begin;
};

}  // namespace skd
