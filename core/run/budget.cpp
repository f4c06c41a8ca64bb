#include "run/budget.h"

#include <chrono>
#include <cmath>

#include "base/random.h"
#include "base/text.h"
#include "distill/step_timing.h"
#include "run/budget_plan.h"
#include "run/elastic_student.h"
#include "run/stage_scope.h"

namespace skd {
namespace {

/// Of the dense steps whose time is the unit of a budget.
constexpr std::int64_t kRampSteps = 20, kRampBatch = 4, kRampLength = 256;
/// Of the student.
constexpr std::int64_t kTimedSteps = 4;
/// Samples that are timed; steps read them over and over.
constexpr std::int64_t kTimedSamples = 16;
/// Quartile range by median of the dense steps from which on the machine was too busy to be
/// measured.
constexpr double kBusySpread = 0.2;
constexpr std::uint64_t kRampStream = 0x627564676574ull;
constexpr const char* kBudgetKey = "budget";
constexpr const char* kBeginKey = "budget.begin";

/// A folder for what is only timed.
class ScratchFolder {
public:
    explicit ScratchFolder(const RunWork& work)
        : m_path(work.paths.run(work.context.run) / "timing") {
        clear();
    }
    ~ScratchFolder() { clear(); }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }

private:
    void clear() const {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }
    std::filesystem::path m_path;
};

/// Random text: what a step reads does not change what it costs, and the unit of a budget depends
/// on no corpus.
Corpus rampCorpus(const Decoder& model) {
    const std::int64_t length = std::min(kRampLength, model.config.maxPositions);
    const auto vocabulary = static_cast<std::uint64_t>(model.head.size(0));
    const CounterRandom random(kRampStream, 0);
    std::vector<TokenId> ids;
    for (std::int64_t i = 0; i < kTimedSamples * length; ++i)
        ids.push_back(
            static_cast<TokenId>(random.below(static_cast<std::uint64_t>(i), vocabulary)));
    return {length, std::move(ids),
            std::vector<std::uint32_t>(kTimedSamples, static_cast<std::uint32_t>(length))};
}

DistillSpec rampSpec(const Decoder& model) {
    DistillSpec spec;
    spec.batch = kRampBatch;
    spec.alpha = 0.5;
    spec.temperature = 2;
    spec.loss = KdLoss::Bucket;
    spec.topK = std::min<std::int64_t>(32, model.head.size(0));
    return spec;
}

/// A teacher as training has it, and what its probabilities cost.
struct TimedTeacher {
    TeacherCache cache;
    double seconds = 0;  ///< of one sample
};

/// Nothing when cancelled.
Result<std::optional<TimedTeacher>> timeTeacher(const RunWork& work, const HashedModel& teacher,
                                                const Corpus& corpus, const DistillSpec& spec,
                                                const ScratchFolder& scratch) {
    TeacherCacheKey key{teacher.sha256, teacher.decoder.dtypeName(),
                        work.model.summary.tokenizerSha256, corpus.sha256()};
    key.choose(spec, work.context.seed);
    const auto begin = std::chrono::steady_clock::now();
    TimedTeacher timed;
    SKD_TRY(timed.cache, buildTeacherCache(teacher.decoder, corpus, key, scratch.path() / "teacher",
                                           work.context));
    if (timed.cache.empty()) return std::optional<TimedTeacher>();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    timed.seconds = taken.count() / static_cast<double>(corpus.samples());
    return std::optional(std::move(timed));
}

/// Nothing when cancelled.
Result<std::optional<StepTimes>> timeDenseSteps(const RunWork& work) {
    const Decoder& model = work.model.decoder;
    const ScratchFolder scratch(work);
    const Corpus corpus = rampCorpus(model);
    const DistillSpec spec = rampSpec(model);
    SKD_TRY(const std::optional<TimedTeacher> teacher,
            timeTeacher(work, {model, work.model.summary.weightsSha256}, corpus, spec, scratch));
    if (!teacher) return std::optional<StepTimes>();
    return timeSteps(model, corpus, teacher->cache, spec, kRampSteps, scratch.path() / "state",
                     work.context);
}

/// Seconds of what distillation of a run consists of.
struct StudentTimes {
    StepTimes steps;
    double teacherSample = 0;
    double live = 0;  ///< of a live perplexity
};

Result<double> timeLive(const RunWork& work) {
    const auto begin = std::chrono::steady_clock::now();
    SKD_TRY(const double ppl, work.scorer->live(work.student.decoder, work.context));
    (void)ppl;
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// Nothing when cancelled.
Result<std::optional<StudentTimes>> timeStudent(const RunWork& work, const TeacherSource& source) {
    StageScope stage(work.context, Stage::Calibrate, "speed of training");
    const ScratchFolder scratch(work);
    const Corpus corpus = work.corpus->first(kTimedSamples);
    const DistillSpec& spec = work.spec.distill;
    StudentTimes times;
    std::optional<TimedTeacher> teacher;
    TeacherSignal signal;
    if (teacherNeed(spec) == TeacherNeed::Online)
        signal = TeacherSignal(source.model().decoder, source.model().sha256);
    if (teacherNeed(spec) == TeacherNeed::Cache) {
        SKD_TRY(teacher, timeTeacher(work, source.model(), corpus, spec, scratch));
        if (!teacher) return std::optional<StudentTimes>();
        times.teacherSample = teacher->seconds;
        signal = TeacherSignal(teacher->cache);
    }
    const std::optional<ElasticTraining> elastic = elasticTraining(work, spec);
    SKD_TRY(const std::optional<StepTimes> steps,
            timeSteps(work.student.decoder, corpus, signal, spec, kTimedSteps,
                      scratch.path() / "state", work.context, elastic ? &*elastic : nullptr));
    if (!steps) return std::optional<StudentTimes>();
    times.steps = *steps;
    SKD_TRY(times.live, timeLive(work));
    if (work.context.stop.stop_requested()) return std::optional<StudentTimes>();
    stage.finish({{"step_seconds", times.steps.seconds.median},
                  {"checkpoint_seconds", times.steps.checkpoint},
                  {"teacher_seconds", times.teacherSample},
                  {"live_seconds", times.live}});
    return std::optional(times);
}

/// Of what comes beside the steps: the pauses of training, the measurements after each round and at
/// the end, and the cuts of later rounds, each at what its like has taken.
double reservedSeconds(const RunWork& work, const NamedValues<double>& spent,
                       const StudentTimes& times) {
    const RunSpec& spec = work.spec;
    NamedValues<double> before;
    readMember(work.state.find(kBeginKey).value_or(Json()), before);
    const auto rounds = static_cast<double>(roundsOf(spec).size());
    const double figures = spec.refine.passes > 0 ? 2 : 1;  // after the cut, after refinement
    const double measured =
        (secondsOf(spent, Stage::Evaluate) - secondsOf(before, Stage::Evaluate)) / figures;
    const double cut = totalOf(spent) - totalOf(before), checkpoint = times.steps.checkpoint;
    const TrainingPauses pauses = pausesOf(spec);
    double seconds = (rounds - 1) * cut + rounds * measured;
    seconds += 2 * measured * static_cast<double>(spec.eval.also.size());
    if (spec.eval.quality) seconds += 2 * times.live;
    // The best weights are a third of what resuming needs.
    seconds += static_cast<double>(pauses.perplexities) * times.live +
               static_cast<double>(pauses.evaluations) * checkpoint / 3 +
               static_cast<double>(pauses.checkpoints) * checkpoint;
    if (spec.distill.learningRate.isAutomatic())
        seconds +=
            rounds * static_cast<double>(spec.distill.rampSteps) * times.steps.seconds.median;
    return seconds;
}

void tellPlan(const RunWork& work, const BudgetSummary& budget) {
    const auto tokens = [&](const std::optional<double>& seconds) {
        return groupDigits(std::llround(valueOrNan(seconds) / budget.secondsPerToken));
    };
    work.context.log(log::Level::Info,
                     strCat("of the budget of ", groupDigits(budget.tokens), " token-equivalents, ",
                            tokens(budget.spentBefore), " are spent and ", tokens(budget.reserved),
                            " kept for measurements, checkpoints and later cuts; the rest is ",
                            groupDigits(budget.steps.value_or(0)), " optimiser steps over ",
                            groupDigits(budget.samples.value_or(0)), " samples"));
}

/// False when cancelled.
Result<bool> fillBudget(RunWork& work, const TeacherSource& teacher, BudgetSummary& budget) {
    const NamedValues<double> spent = work.state.spent();
    SKD_TRY(const std::optional<StudentTimes> times, timeStudent(work, teacher));
    if (!times) return false;
    const std::size_t rounds = roundsOf(work.spec).size();
    BudgetCosts costs{budget.secondsPerToken,
                      totalOf(work.state.spent()),
                      reservedSeconds(work, spent, *times),
                      times->steps.seconds.median,
                      times->teacherSample,
                      work.corpus->samples()};
    if (work.spec.schedule.recache) costs.teacherSample *= static_cast<double>(rounds);
    SKD_TRY(const BudgetPlan plan,
            planBudget(budget.tokens, costs, work.spec.distill.batch, rounds));
    budget.spentBefore = costs.spent;
    budget.reserved = costs.reserved;
    budget.stepSeconds = costs.step;
    budget.teacherSeconds = times->teacherSample;
    budget.steps = plan.steps;
    budget.samples = plan.samples;
    return true;
}

}  // namespace

Status measureBudget(RunWork& work) {
    if (work.spec.distill.budget == 0 || work.isStopped()) return {};
    if (const auto known = work.state.find(kBudgetKey)) {
        work.budget = readRecord<BudgetSummary>(*known);
        return {};
    }
    StageScope stage(work.context, Stage::Load, "speed of dense training");
    SKD_TRY(const std::optional<StepTimes> times, timeDenseSteps(work));
    if (!times) return work.stop();
    BudgetSummary budget;
    budget.tokens = work.spec.distill.budget;
    const std::int64_t length = std::min(kRampLength, work.model.decoder.config.maxPositions);
    budget.secondsPerToken = times->seconds.median / static_cast<double>(kRampBatch * length);
    budget.spread = times->relativeSpread();
    budget.rampSteps = kRampSteps;
    work.budget = budget;
    const double seconds = static_cast<double>(budget.tokens) * budget.secondsPerToken;
    work.context.log(
        log::Level::Info,
        strCat("dense training reads ", groupDigits(std::llround(1 / budget.secondsPerToken)),
               " tokens per second here: the budget of ", groupDigits(budget.tokens),
               " token-equivalents is ", formatNumber(seconds / 60, 3), " minutes"));
    if (budget.spread > kBusySpread)
        work.context.log(log::Level::Warning,
                         strCat("these steps differed by ", formatNumber(100 * budget.spread, 2),
                                " %: the machine is busy, and the budget as inexact"));
    stage.finish(writeRecord(budget));
    return work.conclude(kBudgetKey, writeRecord(budget));
}

Status beginBudgetedRounds(RunWork& work) {
    if (!work.budget || work.state.find(kBeginKey)) return {};
    return work.state.put(kBeginKey, memberJson(work.state.spent()));
}

bool isBudgetOpen(const RunWork& work) {
    return work.budget && !work.budget->steps;
}

Status settleBudget(RunWork& work, const TeacherSource& teacher) {
    if (!isBudgetOpen(work) || work.isStopped()) return {};
    BudgetSummary budget = *work.budget;
    SKD_TRY(const bool filled, fillBudget(work, teacher, budget));
    if (!filled) return work.stop();
    work.budget = budget;
    limitCorpus(work);
    tellPlan(work, budget);
    work.context.emit(MetricBatch{work.context.run,
                                  {{"kd.planned_steps", 0, static_cast<double>(*budget.steps)}}});
    return work.conclude(kBudgetKey, writeRecord(budget));
}

void limitCorpus(RunWork& work) {
    if (work.budget && work.budget->samples && *work.budget->samples < work.corpus->samples())
        work.budgetCorpus = work.corpus->first(*work.budget->samples);
}

DistillSpec distillOf(const RunWork& work, std::size_t round, std::int64_t steps) {
    if (work.budget && work.budget->steps)
        return budgetedDistill(work.spec, *work.budget->steps, round);
    DistillSpec spec = work.spec.distill;
    spec.steps = steps;
    spec.warmup = std::min(spec.warmup, spec.steps);
    return spec;
}

std::optional<BudgetSummary> spentBudget(const RunWork& work) {
    std::optional<BudgetSummary> budget = work.budget;
    if (budget) budget->spent = totalOf(work.state.spent()) / budget->secondsPerToken;
    return budget;
}

}  // namespace skd
