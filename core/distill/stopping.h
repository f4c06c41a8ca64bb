#pragma once

#include <limits>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "spec/distill_spec.h"

namespace skd {

enum class StopReason { None, Rise, Plateau };

/// What an evaluation says about continuing.
struct StopDecision {
    StopReason reason = StopReason::None;
    bool best = false;  ///< the newest perplexity is the lowest so far
};

/// The two stopping rules over the live perplexity (resources/help/method.md, Stopping). Rise: the
/// last `patience` evaluations all lie more than riseTolerance above the minimum. Plateau: over the
/// last `patience` evaluations the minimum has improved by less than plateauImprovement,
/// relatively. Evaluations before training count as a starting point only. Non-finite values are
/// never best; `patience` of them in a row count as a rise.
class StoppingRules {
public:
    explicit StoppingRules(const DistillSpec& spec) : m_spec(spec) {}

    /// Adds the perplexity measured after optimiser step `step`.
    StopDecision add(std::int64_t step, double perplexity);

    [[nodiscard]] double best() const { return m_best; }
    [[nodiscard]] std::int64_t bestStep() const { return m_bestStep; }
    /// Why `reason` ended the run, with its numbers.
    [[nodiscard]] std::string explain(StopReason reason) const;

    [[nodiscard]] Json toJson() const;
    /// Corrupt when the fields are not there.
    Status fromJson(const Json& json);

private:
    [[nodiscard]] bool risen() const;
    [[nodiscard]] bool levelled() const;
    [[nodiscard]] double minimumOf(std::size_t count) const;

    DistillSpec m_spec;
    std::vector<double> m_history;
    double m_best = std::numeric_limits<double>::infinity();
    std::int64_t m_bestStep = -1;
};

}  // namespace skd
