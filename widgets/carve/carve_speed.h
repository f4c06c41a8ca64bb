#pragma once

#include <optional>

#include "carve/carve_history.h"
#include "carve/carve_state.h"

namespace skd {

/// What a profile is expected to do to the time to first token, from measurements only.
class CarveSpeed {
public:
    /// Rows of input from which on a batch stands for reading a prompt, not for decoding.
    static constexpr std::int64_t kPrefillRows = 16;

    void setMeasured(MeasuredSpeed measured) { m_measured = std::move(measured); }
    /// To be called when the plan's analysis or the measurements changed.
    void update(const CarveState& state);

    struct Prediction {
        double factor =
            0;           ///< time to first token dense over pruned; NaN where nothing was measured
        double mlp = 0;  ///< the same of the MLP's products alone; NaN likewise
        QString basis;   ///< where the figure comes from, or how to measure it
    };
    [[nodiscard]] Prediction predict(const CarveState& state);

private:
    MeasuredSpeed m_measured;
    std::optional<RankPlan>
        m_timed;  ///< with the times of the largest batch; none where nothing was timed
    std::int64_t m_batch = 0;
};

}  // namespace skd
