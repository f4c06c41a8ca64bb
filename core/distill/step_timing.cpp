#include "distill/step_timing.h"

#include <chrono>

#include "distill/checkpoint.h"
#include "distill/memory_estimate.h"
#include "distill/rate_choice.h"
#include "distill/training_step.h"

namespace skd {
namespace {

class StepClock {
public:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - m_begin).count();
    }

private:
    std::chrono::steady_clock::time_point m_begin = std::chrono::steady_clock::now();
};

/// False when cancelled.
Result<bool> takeTimedStep(TrainingStep& training, SampleOrder& order, std::int64_t step,
                           const DistillSpec& spec, const RunContext& context) {
    if (context.cancelled()) return false;
    const std::vector<std::int64_t> samples = order.from(step * spec.batch, spec.batch);
    training.begin(step);
    SKD_TRY(const WindowLoss loss, training.gradients(samples, context));
    if (loss.cancelled) return false;
    SKD_CHECK(training.apply(loss, kLowestRate));
    return true;
}

Result<double> timeCheckpoint(TrainingStep& training, const std::filesystem::path& scratch) {
    const StepClock clock;
    const Status saved =
        CheckpointFolder(scratch).save({0, {{"best_step", -1}}, training.optimiser().state()});
    const double seconds = clock.seconds();
    std::error_code ignored;
    std::filesystem::remove_all(scratch, ignored);
    SKD_CHECK(saved);
    return seconds;
}

}  // namespace

Result<std::optional<StepTimes>> timeSteps(const Decoder& model, const Corpus& corpus,
                                           const TeacherSignal& teacher, const DistillSpec& spec,
                                           std::int64_t steps, const std::filesystem::path& scratch,
                                           const RunContext& context,
                                           const ElasticTraining* elastic) {
    Decoder copy = model.clone();
    if (copy.dtype() != copy.activationDtype())
        copy = copy.to(copy.device(), copy.activationDtype());
    SKD_CHECK(teacher.check(spec, corpus, copy));
    SKD_CHECK(checkMemory(copy, corpus, spec, teacher));
    std::optional<ElasticSizes> sizes;
    if (elastic != nullptr) sizes.emplace(*elastic);
    TrainingStep training(copy, corpus, teacher, spec, sizes ? &*sizes : nullptr);
    SampleOrder order(corpus.samples(), context.seed);
    ProgressMeter meter(context, Stage::Distill, steps + 1, "steps");
    std::vector<double> seconds;
    for (std::int64_t step = 0; step <= steps; ++step) {
        const StepClock clock;
        SKD_TRY(const bool taken, takeTimedStep(training, order, step, spec, context));
        if (!taken) return std::optional<StepTimes>();
        if (step > 0) seconds.push_back(clock.seconds());
        meter.advance(1);
    }
    StepTimes times{Spread::of(std::move(seconds))};
    SKD_TRY(times.checkpoint, timeCheckpoint(training, scratch));
    return std::optional(times);
}

}  // namespace skd
