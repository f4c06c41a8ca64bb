#include "distill/rate_ramp.h"

#include <cmath>

#include "base/files.h"
#include "base/text.h"
#include "base/verified_file.h"

namespace skd {
namespace {

constexpr const char* kChoiceFile = "learning-rate.json";
constexpr VerifiedFormat kChoiceFormat{"sparsekd-learning-rate", 1 << 24};

}  // namespace

Result<std::optional<RateChoice>> RateRamp::run(const RunContext& context) {
    const std::vector<at::Tensor> start = m_optimisation.optimiser().masters();
    std::vector<double> losses;
    const Result<bool> climbed = climb(losses, context);
    m_optimisation.optimiser().restart(start);
    if (climbed) SKD_CHECK(m_optimisation.shareWeights());
    if (!climbed) return fail(climbed.error());
    if (!*climbed) return std::optional<RateChoice>();
    return std::optional(chooseRate(std::move(losses), m_spec.rampSteps, m_fallback));
}

/// False when cancelled.
Result<bool> RateRamp::climb(std::vector<double>& losses, const RunContext& context) {
    ProgressMeter meter(context, Stage::Distill, m_spec.rampSteps, "ramp steps");
    for (std::int64_t step = 0; step < m_spec.rampSteps && !hasDiverged(losses); ++step) {
        SKD_TRY(const bool stops, m_optimisation.team().any(context.cancelled()));
        if (stops) return false;
        const std::vector<std::int64_t> samples =
            m_order.from(m_firstPosition + step * m_spec.batch, m_spec.batch);
        m_optimisation.begin(m_firstPosition / m_spec.batch + step);
        SKD_TRY(const WindowLoss loss, m_optimisation.gradients(samples, context));
        if (loss.cancelled) return false;
        losses.push_back(loss.isFinite() ? loss.loss : std::nan(""));
        if (loss.isFinite())
            SKD_CHECK(m_optimisation.apply(loss, rampRate(step, m_spec.rampSteps)));
        meter.advance(1);
    }
    return true;
}

void tellRamp(const RateChoice& choice, std::int64_t steps, std::int64_t firstStep,
              const RunContext& context) {
    const std::vector<double> means = smoothed(choice.losses);
    MetricBatch batch{context.run, {}};
    for (std::size_t i = 0; i < means.size(); ++i) {
        const auto step = static_cast<std::int64_t>(i);
        batch.points.push_back({"kd.ramp_rate", firstStep + step, rampRate(step, steps)});
        batch.points.push_back({"kd.ramp_loss", firstStep + step, choice.losses[i]});
        batch.points.push_back({"kd.ramp_smoothed", firstStep + step, means[i]});
    }
    batch.points.push_back({"kd.ramp_chosen", firstStep, choice.rate});
    context.emit(std::move(batch));
    const std::string said = strCat("learning rate ", formatNumber(choice.rate, 3));
    if (choice.isFound)
        context.log(log::Level::Info,
                    strCat(said, ", from a ramp of ", means.size(), " steps: ", choice.reason));
    else
        context.log(log::Level::Warning,
                    strCat(said, ", the one by rule, because the ramp of ", means.size(),
                           " steps told nothing: ", choice.reason,
                           "; set distill.learning_rate, or take more ramp_steps or a larger "
                           "batch"));
}

std::optional<RateChoice> readChoice(const std::filesystem::path& folder, const Json& identity) {
    const auto json = readVerifiedJson(folder / kChoiceFile, kChoiceFormat);
    if (!json || !json->is_object() || valueOr(*json, "identity", Json()) != identity)
        return std::nullopt;
    const auto choice = RateChoice::fromJson(valueOr(*json, "choice", Json()));
    return choice ? std::optional(*choice) : std::nullopt;
}

Result<std::optional<RateChoice>> readChoice(const std::filesystem::path& folder,
                                             const Json& identity, const TrainingTeam& team) {
    Json known;
    if (team.leads())
        if (const auto kept = readChoice(folder, identity)) known = kept->toJson();
    SKD_TRY(known, team.fromLeader(known));
    if (known.is_null()) return std::optional<RateChoice>();
    SKD_TRY(RateChoice choice, RateChoice::fromJson(known));
    return std::optional(std::move(choice));
}

Status writeChoice(const std::filesystem::path& folder, const Json& identity,
                   const RateChoice& choice) {
    SKD_CHECK(createFolders(folder));
    return writeVerifiedJson(folder / kChoiceFile, kChoiceFormat,
                             {{"identity", identity}, {"choice", choice.toJson()}});
}

}  // namespace skd
