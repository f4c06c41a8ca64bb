#include "run/study_cost.h"

#include <algorithm>

#include "base/text.h"

namespace skd {
namespace {

// Tokens per second and seconds, SmolLM2-135M in bf16 on two cores.
constexpr double kTraining = 480, kTeacher = 1'900, kForward = 2'000;
constexpr double kLoad = 2, kDecomposition = 12, kProbesPer1024 = 45;
/// Windows that overlap by half read every token twice.
constexpr double kOverlap = 2;
constexpr double kWholeText = 290'000;

double measureSeconds(std::int64_t tokens) {
    return kOverlap * (tokens == 0 ? kWholeText : static_cast<double>(tokens)) / kForward;
}

double pruneSeconds(const PruneSpec& prune) {
    if (prune.method == PruneMethod::None || prune.method == PruneMethod::Magnitude) return 0;
    const double calibration = static_cast<double>(prune.calibrationTokens) / kForward;
    if (prune.method != PruneMethod::Svd) return 2 * calibration + kDecomposition;
    const bool fisher = prune.truncation == Truncation::Fisher;
    double seconds = kDecomposition + calibration + (fisher ? static_cast<double>(prune.fisherTokens) / kTraining : 0);
    if (prune.ranks == RankRule::Budget && prune.weights == WeightRule::Measured)
        seconds += kProbesPer1024 * static_cast<double>(prune.probeTokens) / 1024 *
                   static_cast<double>(prune.probeRanks * (1 + prune.remeasure));
    return seconds;
}

double distillSeconds(const RunSpec& spec, std::int64_t steps) {
    const double tokens = static_cast<double>(steps * spec.distill.batch * spec.corpus.sequenceLength);
    const std::int64_t every = spec.distill.evalEvery;
    const double lives = every > 0 ? static_cast<double>(steps / every + 1) : 1;
    return tokens / kTraining + lives * measureSeconds(spec.eval.liveTokens);
}

}  // namespace

double StudyCost::seconds(const RunSpec& given) {
    const RunSpec spec = withControl(given);
    const bool pruned = spec.prune.method != PruneMethod::None;
    const double measures = 2.0 + 2.0 * static_cast<double>(spec.eval.also.size()) + (spec.eval.quality ? 1 : 0);
    double total = kLoad + measures * measureSeconds(spec.eval.maxTokens);
    int teachers = 0;
    for (const RoundSpec& round : roundsOf(spec)) {
        if (pruned) total += pruneSeconds(spec.prune) + measureSeconds(spec.eval.maxTokens);
        if (round.steps == 0) continue;
        total += distillSeconds(spec, round.steps);
        if (teachers == 0 || spec.schedule.recache) ++teachers;
    }
    std::string corpus = strCat(spec.model.path, "|", spec.teacher.path, "|", spec.seed, "|", spec.corpus.folder, "|", spec.corpus.samples);
    for (const CorpusShare& share : spec.corpus.shares) corpus += strCat("|", share.path, share.weight);
    if (teachers > 0 && !m_cached.insert(corpus).second) --teachers;
    return total + teachers * static_cast<double>(spec.corpus.samples * spec.corpus.sequenceLength) / kTeacher;
}

std::vector<double> expectedSeconds(const StudyPlan& plan) {
    StudyCost cost;
    std::vector<double> seconds;
    for (const PlannedRun& run : plan.runs) seconds.push_back(cost.seconds(run.spec));
    return seconds;
}

}  // namespace skd
