#pragma once

#include <filesystem>
#include <optional>

#include "distill/rate_choice.h"
#include "distill/training_step.h"

namespace skd {

/// A short training run on rising learning rates whose losses choose the rate of the one after it
/// (resources/help/method.md, Learning-rate ramp). It takes the samples of the first steps, and the
/// weights' present values, which it leaves behind with an optimiser as it was made.
class RateRamp {
public:
    /// `optimisation` has taken no step yet. `firstPosition`: of the first step's samples;
    /// `fallback`: the rate where the ramp tells nothing.
    RateRamp(TrainingStep& optimisation, SampleOrder& order, std::int64_t firstPosition,
             const DistillSpec& spec, double fallback)
        : m_optimisation(optimisation),
          m_order(order),
          m_firstPosition(firstPosition),
          m_spec(spec),
          m_fallback(fallback) {}

    /// spec.rampSteps steps, fewer where the loss diverges, and what follows from them. Nothing
    /// when cancelled. Emits Progress. Errors are those of a training step.
    Result<std::optional<RateChoice>> run(const RunContext& context);

private:
    Result<bool> climb(std::vector<double>& losses, const RunContext& context);
    TrainingStep& m_optimisation;
    SampleOrder& m_order;
    std::int64_t m_firstPosition;
    const DistillSpec& m_spec;
    double m_fallback;
};

/// Emits a ramp's curve (kd.ramp_rate, kd.ramp_loss, kd.ramp_smoothed, steps from `firstStep`) with
/// the rate of it (kd.ramp_chosen), and says on the log what was chosen; a warning where nothing
/// was.
void tellRamp(const RateChoice& choice, std::int64_t steps, std::int64_t firstStep,
              const RunContext& context);

/// The choice kept in a folder of checkpoints under `identity`, so that a run that is killed before
/// its first checkpoint does not climb again. Nothing where there is none of that identity, or it
/// is damaged.
std::optional<RateChoice> readChoice(const std::filesystem::path& folder, const Json& identity);
/// The same of the leader's folder, in every process.
Result<std::optional<RateChoice>> readChoice(const std::filesystem::path& folder,
                                             const Json& identity, const TrainingTeam& team);
Status writeChoice(const std::filesystem::path& folder, const Json& identity,
                   const RateChoice& choice);

}  // namespace skd
