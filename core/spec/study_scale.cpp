#include "spec/study_scale.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "spec/config_diff.h"

namespace skd {
namespace {

/// Tokens for "the whole text" (max_tokens 0): WikiText-2's test split, as the paper counts it.
constexpr std::int64_t kWholeText = 290'000;

std::int64_t shrunk(std::int64_t value, double factor, std::int64_t floor) {
    if (value <= floor) return value;
    return std::max<std::int64_t>(floor, std::llround(static_cast<double>(value) * factor));
}

void scaleCorpus(RunSpec& spec, double scale) {
    CorpusSpec& corpus = spec.corpus;
    const double root = std::sqrt(scale);
    const std::int64_t length = shrunk(corpus.sequenceLength, root, 256);
    corpus.sequenceLength = length > 256 ? length / 64 * 64 : length;
    corpus.samples = shrunk(corpus.samples, scale, 16);
}

void scaleDistill(RunSpec& spec, double samples, double scale) {
    DistillSpec& distill = spec.distill;
    const double batch = static_cast<double>(distill.batch);
    distill.batch = shrunk(distill.batch, std::sqrt(scale), 4);
    distill.microBatch = std::min(distill.microBatch, distill.batch);
    const double factor = samples * batch / static_cast<double>(distill.batch);
    distill = withStepsScaled(distill, factor);
    for (RoundSpec& round : spec.schedule.rounds) round.steps = stepsScaled(round.steps, factor);
    if (spec.refine.passes > 0) spec.refine.samples = shrunk(spec.refine.samples, scale, 16);
}

void scaleMeasures(RunSpec& spec, double scale) {
    EvalSpec& eval = spec.eval;
    eval.maxTokens = shrunk(eval.maxTokens == 0 ? kWholeText : eval.maxTokens, scale, 8192);
    eval.liveTokens = shrunk(eval.liveTokens == 0 ? kWholeText : eval.liveTokens, scale, 2048);
    eval.domainTokens = shrunk(eval.domainTokens, scale, 1024);
    spec.prune.calibrationTokens = shrunk(spec.prune.calibrationTokens, scale, 8192);
    spec.prune.fisherTokens = shrunk(spec.prune.fisherTokens, scale, 8192);
    spec.prune.probeTokens = shrunk(spec.prune.probeTokens, scale, 1024);
}

}  // namespace

std::int64_t stepsScaled(std::int64_t steps, double factor) {
    if (steps == 0) return 0;
    return std::max<std::int64_t>(1, std::llround(static_cast<double>(steps) * factor));
}

DistillSpec withStepsScaled(DistillSpec spec, double factor) {
    spec.steps = stepsScaled(spec.steps, factor);
    spec.warmup = std::min(stepsScaled(spec.warmup, factor), spec.steps);
    spec.evalEvery = stepsScaled(spec.evalEvery, factor);
    spec.checkpointEvery = stepsScaled(spec.checkpointEvery, factor);
    return spec;
}

RunSpec scaled(RunSpec spec, double scale) {
    if (scale >= 1) return spec;
    const auto before = static_cast<double>(spec.corpus.samples);
    scaleCorpus(spec, scale);
    const double samples = before > 0 ? static_cast<double>(spec.corpus.samples) / before : scale;
    scaleDistill(spec, samples, scale);
    spec.distill.budget = stepsScaled(spec.distill.budget, scale);
    scaleMeasures(spec, scale);
    return spec;
}

const char* scaleRule() {
    return "corpus samples, evaluation, calibration and probe tokens shrink with the scale, "
           "batches and sequences with its square root, and steps so that a round passes over the "
           "corpus as often as at scale 1; nothing falls below 4 samples a batch, 256 tokens a "
           "sequence, 8,192 tokens of evaluation or calibration, 2,048 of the live slice and "
           "1,024 of a probe";
}

std::vector<std::string> scaleChanges(const RunSpec& full, double scale) {
    std::vector<std::string> lines;
    for (const FieldDifference& change : configDiff({toJson(full), toJson(scaled(full, scale))}))
        lines.push_back(strCat(change.path, ": ", shownValue(change.values[0]), " → ",
                               shownValue(change.values[1])));
    return lines;
}

}  // namespace skd
