#include "study/study_cost.h"

#include <algorithm>
#include <numeric>

#include "base/resources.h"
#include "base/text.h"
#include "eval/compute_probe.h"
#include "library/model_source.h"
#include "requests/tools.h"

namespace skd {
namespace {

// Tokens per second and seconds, SmolLM2-135M in bf16 on two cores.
constexpr double kTraining = 480, kTeacher = 1'900, kForward = 2'000, kDecode = 75;
constexpr double kLoad = 2, kDecomposition = 12, kProbesPer1024 = 45;
/// A profile of ranks applied and run once: of 90 probes each runs half of the layers.
constexpr double kProfilePer1024 = 1;
/// Windows that overlap by half read every token twice.
constexpr double kOverlap = 2;
constexpr double kWholeText = 290'000;
/// Of the steps that measure a budget's unit.
constexpr double kRampTokens = 21 * 1024;

double measureSeconds(std::int64_t tokens, const MachineSpeed& speed) {
    return kOverlap * (tokens == 0 ? kWholeText : static_cast<double>(tokens)) /
           (kForward * speed.forward);
}

double pruneSeconds(const PruneSpec& prune, const MachineSpeed& speed) {
    if (prune.method == PruneMethod::None || prune.method == PruneMethod::Magnitude) return 0;
    const double calibration =
        static_cast<double>(prune.calibrationTokens) / (kForward * speed.forward);
    if (prune.method != PruneMethod::Svd) return 2 * calibration + kDecomposition;
    const bool fisher = prune.truncation == Truncation::Fisher;
    double seconds =
        kDecomposition + calibration +
        (fisher ? static_cast<double>(prune.fisherTokens) / (kTraining * speed.training) : 0);
    if (prune.ranks == RankRule::Budget && prune.weights == WeightRule::Measured)
        seconds += kProbesPer1024 * static_cast<double>(prune.probeTokens) / 1024 *
                   static_cast<double>(prune.probesPerMatrix() * (1 + prune.remeasure)) /
                   speed.forward;
    if (prune.ranks == RankRule::Budget)
        seconds += kProfilePer1024 * static_cast<double>(prune.probeTokens) / 1024 *
                   static_cast<double>(prune.depthTrials) / speed.forward;
    return seconds;
}

/// Sizes at which the cut and the recovered model are measured.
std::int64_t nodesOf(const RunSpec& spec) {
    return spec.elastic.isOn() ? std::ssize(spec.elastic.measuredNodes()) : 1;
}

/// Sizes of an elastic student are counted as if they were no faster than the dense model. It is
/// evaluated at two of them each time, and at all of them thrice.
double distillSeconds(const RunSpec& spec, std::int64_t steps, const MachineSpeed& speed) {
    const std::int64_t ramp =
        steps > 0 && spec.distill.learningRate.isAutomatic() ? spec.distill.rampSteps : 0;
    const double tokens =
        static_cast<double>((steps + ramp) * spec.distill.batch * spec.corpus.sequenceLength);
    const std::int64_t every = spec.distill.evalEvery;
    std::int64_t lives = every > 0 ? steps / every + 1 : 1;
    if (spec.elastic.isOn()) lives += lives + 3 * (nodesOf(spec) - 2);
    return tokens / (kTraining * speed.training) +
           static_cast<double>(lives) * measureSeconds(spec.eval.liveTokens, speed);
}

/// Of one model: every prompt answered at full length. Decoding reads the weights for each token,
/// so that it is bounded by the memory more than by products.
double answerSeconds(const EvalSpec& eval) {
    return static_cast<double>(std::ssize(eval.prompts) * eval.answerTokens) / kDecode;
}

/// Passes of one block at a time: training without a head, which a token of distillation spends a
/// fifth of its products on, and the two streams and a block's outputs forward.
double refineSeconds(const RunSpec& spec, const MachineSpeed& speed) {
    constexpr double kWithoutHead = 0.79, kForwards = 3;
    if (spec.refine.passes == 0) return 0;
    const auto tokens = static_cast<double>(std::min(spec.refine.samples, samplesOf(spec)) *
                                            spec.corpus.sequenceLength);
    const double inputs = spec.refine.loss == RefineLoss::Lillama ? 2 : 1;
    return tokens * (static_cast<double>(spec.refine.passes) * inputs * kWithoutHead /
                         (kTraining * speed.training) +
                     kForwards / (kForward * speed.forward));
}

/// Of the dense and the cut model, every round and one to warm up, as if the cut one were no
/// faster: prompts and profiled texts forward, then steps that read all weights.
double inferenceSeconds(const InferenceSpec& inference, const MachineSpeed& speed) {
    const double rate = kForward * speed.forward;
    double pass = static_cast<double>(inference.profileBatch * inference.profileLength) / rate;
    for (const std::int64_t batch : inference.batches)
        pass += static_cast<double>(batch * inference.prompt) / rate +
                static_cast<double>(inference.generate) *
                    std::max(1 / kDecode, static_cast<double>(batch) / rate);
    return 2 * static_cast<double>(inference.rounds + 1) * pass;
}

/// Of both models, as many prompts as the file that ships has; answers to one are drawn together.
double consistencySeconds(const ConsistencySpec& consistency, const MachineSpeed& speed) {
    constexpr double kPrompts = 24;
    const double step = std::max(
        1 / kDecode, static_cast<double>(consistency.answers) / (kForward * speed.forward));
    return consistency.answers == 0 ? 0
                                    : 2 * kPrompts * static_cast<double>(consistency.tokens) * step;
}

/// Of three models. Documents have some 200 tokens with their choices, and so have examples; of a
/// task that is asked whole, a thousand documents are supposed.
double taskSeconds(const TaskSpec& tasks, const MachineSpeed& speed) {
    constexpr double kModels = 3, kTokens = 200, kDocuments = 1000;
    const double documents = tasks.limit > 0 ? static_cast<double>(tasks.limit) : kDocuments;
    return kModels * static_cast<double>(tasks.files.size()) * documents * kTokens *
           static_cast<double>(1 + tasks.examples) / (kForward * speed.forward);
}

/// What a teacher cache depends on.
std::string teacherKey(const RunSpec& spec) {
    std::string key = strCat(spec.model.path, "|", spec.teacher.path, "|", spec.seed, "|",
                             spec.corpus.folder, "|", samplesOf(spec));
    for (const CorpusShare& share : spec.corpus.shares)
        key += strCat("|", share.path, share.weight);
    return key;
}

/// GFLOP/s of a probe at which StudyCost's rates hold. In f32 products are slower and what lies
/// between them is not, so that the same rate of products gives more tokens. Measured with
/// SmolLM2-135M on two cores: bf16 1,097 tokens/s forward at 435 GFLOP/s; f32 624 tokens/s forward
/// at 209, 95 trained at 99.
struct ReferenceRate {
    double forward, training;
};
constexpr ReferenceRate kBf16{790, 700}, kF32{660, 500};

}  // namespace

double totalSeconds(const std::vector<StageCost>& stages) {
    return std::accumulate(stages.begin(), stages.end(), 0.0,
                           [](double sum, const StageCost& stage) { return sum + stage.seconds; });
}

std::vector<StageCost> StudyCost::stages(const RunSpec& given) {
    const RunSpec spec = withControl(given);
    const bool pruned = spec.prune.method != PruneMethod::None;
    const double measure = measureSeconds(spec.eval.maxTokens, m_speed),
                 also = 1.0 + static_cast<double>(spec.eval.also.size());
    double prune = 0, afterCut = 0, refine = 0, afterRefining = 0, distil = 0,
           answers = answerSeconds(spec.eval);
    const double final =
        (also + (spec.eval.quality ? 1 : 0) + static_cast<double>(nodesOf(spec) - 1)) * measure;
    int teachers = 0;
    for (const RoundSpec& round : roundsOf(spec)) {
        if (pruned) prune += pruneSeconds(spec.prune, m_speed);
        if (pruned) afterCut += static_cast<double>(nodesOf(spec)) * measure;
        if (pruned) answers += answerSeconds(spec.eval);
        refine += refineSeconds(spec, m_speed);
        if (spec.refine.passes > 0) afterRefining += measure;
        if (round.steps == 0) continue;
        answers += static_cast<double>(nodesOf(spec)) * answerSeconds(spec.eval);
        distil += distillSeconds(spec, round.steps, m_speed);
        if (teachers == 0 || spec.schedule.recache) ++teachers;
    }
    if (teachers > 0 && !m_cached.insert(teacherKey(spec)).second) --teachers;
    if (spec.distill.budget > 0)
        return budgeted(spec, {also * measure, prune, afterCut + afterRefining, final, refine});
    const double teacher = teachers *
                           static_cast<double>(samplesOf(spec) * spec.corpus.sequenceLength) /
                           (kTeacher * m_speed.forward);
    return {{"load", kLoad},
            {"dense perplexity", also * measure},
            {"teacher's probabilities", teacher},
            {"spectra, probes and cut", prune},
            {"perplexity after the cut", afterCut},
            {"block refinement", refine},
            {"perplexity after refinement", afterRefining},
            {"distillation", distil},
            {"answers", answers},
            {"final perplexity", final},
            {"times of both models", inferenceSeconds(spec.inference, m_speed)},
            {"consistency of both models", consistencySeconds(spec.consistency, m_speed)},
            {"tasks", taskSeconds(spec.tasks, m_speed)}};
}

std::vector<StageCost> StudyCost::budgeted(const RunSpec& spec, const FixedCosts& fixed) const {
    const double rate = kTraining * m_speed.training,
                 total = static_cast<double>(spec.distill.budget) / rate;
    const bool cached = spec.distill.alpha > 0 && spec.distill.loss != KdLoss::Online;
    const double teacher = cached ? 1 / (kTeacher * m_speed.forward) : 0;
    const auto pauses = static_cast<double>(std::max<std::int64_t>(1, spec.distill.steps)) /
                            static_cast<double>(std::max<std::int64_t>(1, spec.distill.evalEvery)) +
                        1;
    const double sizes = spec.elastic.isOn() ? 2 : 1;
    const double lives = sizes * pauses * static_cast<double>(roundsOf(spec).size()) *
                         measureSeconds(spec.eval.liveTokens, m_speed);
    const double left = std::max(0.0, total - fixed.dense - fixed.prune - fixed.afterCut -
                                          fixed.refine - fixed.final - lives);
    const double tokens = left / (1 / rate + teacher);
    const auto steps = static_cast<std::int64_t>(
        tokens / static_cast<double>(spec.distill.batch * spec.corpus.sequenceLength));
    return {{"load", kLoad},
            {"speed of dense training", kRampTokens / rate},
            {"dense perplexity", fixed.dense},
            {"spectra, probes and cut", fixed.prune},
            {"perplexity after the cut", fixed.afterCut},
            {"block refinement", fixed.refine},
            {"teacher's probabilities", tokens * teacher},
            {strCat("distillation, about ", groupDigits(steps), " steps"), tokens / rate + lives,
             steps},
            {"final perplexity", fixed.final}};
}

std::vector<double> expectedSeconds(const StudyPlan& plan, MachineSpeed speed) {
    StudyCost cost(speed);
    std::vector<double> seconds;
    for (const PlannedRun& run : plan.runs) seconds.push_back(cost.seconds(run.spec));
    return seconds;
}

MachineSpeed machineSpeed(const ModelRef& ref) {
    const auto device = resolveDevice(ref.device);
    if (!device || device->kernels != KernelSet::Own) return {};
    const ComputeProbe probe = computeProbe(userCacheFolder());
    const bool bf16 =
        ref.dtype == DTypeChoice::Bf16 || (ref.dtype == DTypeChoice::Auto && probe.prefersBf16());
    const double gflops = probe.gflops(bf16);
    const ReferenceRate& reference = bf16 ? kBf16 : kF32;
    return {gflops / reference.forward, gflops / reference.training};
}

std::vector<double> expectedSecondsHere(const StudyPlan& plan) {
    if (plan.runs.empty()) return {};
    return expectedSeconds(plan, machineSpeed(plan.runs.front().spec.model));
}

bool isOfThisMachine(const Json& environment) {
    const Json here = environmentRecord();
    if (!environment.is_object()) return false;
    for (const char* key : {"processor", "instructions", "libtorch"})
        if (valueOr(environment, key, Json()) != here[key]) return false;
    return true;
}

}  // namespace skd
