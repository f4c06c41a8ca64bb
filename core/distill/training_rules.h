#pragma once

#include <limits>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "spec/distill_spec.h"

/// What a training run goes by: its learning rate, when it stops, which steps are spikes.
namespace skd {

inline constexpr const char* kEmbeddingName = "model.embed_tokens.weight";
inline constexpr const char* kHeadName = "lm_head.weight";

/// Learning rate of optimiser step `step` (from 0): linear rise over `warmup` steps that reaches
/// `peak` at its last one, then constant, or half a cosine down to 0 one step after the last.
double learningRateAt(const DistillSpec& spec, std::int64_t step, double peak);

/// Of how many steps' weights the average is made after `step` steps: it begins with the last
/// spec.average of all steps (rounded, at least one) and counts skipped steps too. 0 before that.
std::int64_t averagedAfter(const DistillSpec& spec, std::int64_t step);

/// The factor of the learning rate for the parameter called `name` (as Decoder::visitParameters
/// does): MLP matrices, embedding and head, or all others (attention, norms, projections).
double rateFactorOf(const std::string& name, const DistillSpec& spec);

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

/// Steps whose gradient norms the running median is over, and how many there must be for it to
/// count.
constexpr std::size_t kSpikeWindow = 32, kSpikeMinimum = 8;

/// Finds steps whose gradient norm exceeds `factor` times the running median: that of the last
/// kSpikeWindow finite norms, spikes among them, so that norms that have risen for good are taken
/// for normal after half a window. Of an even number the upper middle one is the median.
class SpikeGuard {
public:
    explicit SpikeGuard(double factor) : m_factor(factor) {}

    /// Whether a finite norm is a spike; it counts for the median of later ones. A factor of 0
    /// finds none.
    bool isSpike(double norm);
    /// Of the norms so far; 0 while there are fewer than kSpikeMinimum.
    [[nodiscard]] double median() const;

    [[nodiscard]] Json toJson() const { return m_norms; }
    /// Corrupt when it is no list of numbers.
    Status fromJson(const Json& json);

private:
    double m_factor;
    std::vector<double> m_norms;  ///< the newest last
};

}  // namespace skd
