#include "study/run_estimate.h"

#include <algorithm>
#include <cmath>

#include "base/files.h"
#include "base/text.h"
#include "distill/memory_shape.h"
#include "distill/teacher_block.h"
#include "library/elastic_slice.h"
#include "library/model_source.h"
#include "study/run_memory.h"

namespace skd {
namespace {

/// StudyCost's rates were measured with this many parameters (SmolLM2-135M).
constexpr double kReferenceParameters = 134.5e6;
/// LibTorch, kernels, tokeniser and corpus.
constexpr std::int64_t kProgramBytes = 400ll << 20;

/// The model's share of parameters that pruning leaves.
double keptShare(const RunSpec& spec, const ModelConfig& config, double target) {
    if (spec.prune.method != PruneMethod::Svd && spec.prune.method != PruneMethod::LlmPruner)
        return 1;  // masks keep their zeros
    const double all = static_cast<double>(config.parameterCount());
    return all > 0 ? 1 - target * static_cast<double>(config.mlpParameterCount()) / all : 1;
}

/// Of a matrix m x n, what components hold whose prefix costs at most a share `kept` of it: at
/// r (m + n) factored, at r (m + n - r) as identity block; every component is stored whole.
double componentElements(double m, double n, double kept, MatrixForm form) {
    const double sides = m + n;
    if (form == MatrixForm::Factored) return kept * m * n;
    const double rank = (sides - std::sqrt(sides * sides - 4 * kept * m * n)) / 2;
    return std::min({rank, m, n}) * sides;
}

/// What the model becomes: parameters of a cut, or all components of an elastic student.
std::int64_t studentElements(const RunSpec& spec, const ModelHeader& model, double target) {
    const ModelConfig& config = model.config;
    const auto all = static_cast<double>(model.parameters);
    if (!spec.elastic.isOn())
        return static_cast<std::int64_t>(all * keptShare(spec, config, target));
    double elements = all - static_cast<double>(config.mlpParameterCount());
    for (const LayerConfig& layer : config.layers)
        elements += 3 * componentElements(static_cast<double>(layer.intermediateSize),
                                          static_cast<double>(config.hiddenSize),
                                          1 - spec.elastic.largest, spec.prune.form);
    return static_cast<std::int64_t>(elements);
}

/// Bytes of an element: of weights as they are held, and of what is computed with.
struct Widths {
    std::int64_t held = 2, computed = 2;
};

Widths widthsOf(const ModelHeader& model, const RunSpec& spec) {
    const auto options = loadOptions(spec.model);
    if (!options) return {};
    const at::ScalarType held = options->heldType(model.config.weightsDType);
    return {static_cast<std::int64_t>(c10::elementSize(held)),
            static_cast<std::int64_t>(c10::elementSize(options->computeDtype.value_or(held)))};
}

DecoderShape shapeOf(const ModelHeader& model, const RunSpec& spec) {
    DecoderShape shape;
    const ModelConfig& config = model.config;
    shape.elements = studentElements(spec, model, roundsOf(spec).front().target);
    shape.elastic = spec.elastic.isOn();
    const PruneMethod method = spec.prune.method;
    if (method == PruneMethod::Wanda || method == PruneMethod::Magnitude ||
        method == PruneMethod::SparseGpt)
        shape.maskedElements = config.mlpParameterCount();
    shape.vocabularySize = config.vocabularySize;
    shape.hiddenSize = config.hiddenSize;
    shape.heads = config.heads;
    shape.width = widthsOf(model, spec).computed;
    for (const LayerConfig& layer : config.layers)
        shape.layers.push_back({layer.intermediateSize, traits(config.family).fusedTensors});
    return shape;
}

std::int64_t microBatch(const RunSpec& spec) {
    return microBatchFor(spec.distill, spec.model.device != DeviceChoice::Cuda,
                         spec.corpus.sequenceLength);
}

/// Of every MLP matrix, factors at full rank: what a truncation is cut from.
std::int64_t factorElements(const ModelConfig& config) {
    std::int64_t elements = 0;
    for (const LayerConfig& layer : config.layers)
        elements += 3 * std::min(config.hiddenSize, layer.intermediateSize) *
                    (config.hiddenSize + layer.intermediateSize);
    return elements;
}

/// Of every MLP the factor, in f32, that channels are removed by.
std::int64_t channelBytes(const PruneSpec& prune, const ModelConfig& config) {
    std::int64_t elements = 0;
    for (const LayerConfig& layer : config.layers)
        elements += layer.intermediateSize * layer.intermediateSize;
    return prune.mlpArm == MlpArm::Factored ? 0 : 4 * elements;
}

/// Statistics of inputs (and of output gradients) in f64, and the factors of all matrices in f32.
std::int64_t pruneBytes(const RunSpec& spec, const ModelConfig& config) {
    const PruneMethod method = spec.prune.method;
    if (method == PruneMethod::None || method == PruneMethod::Magnitude ||
        method == PruneMethod::ShortGpt)
        return 0;
    std::int64_t grams = 0;
    for (const LayerConfig& layer : config.layers)
        grams += 8 * (config.hiddenSize * config.hiddenSize +
                      layer.intermediateSize * layer.intermediateSize);
    if (method != PruneMethod::Svd) return grams;
    const bool plain =
        spec.prune.truncation == Truncation::Plain || spec.prune.truncation == Truncation::Asvd;
    const bool fisher = spec.prune.truncation == Truncation::Fisher;
    return (plain ? 0 : grams * (fisher ? 2 : 1)) + 4 * factorElements(config) +
           channelBytes(spec.prune, config);
}

bool cachesTeacher(const RunSpec& spec) {
    return distils(spec) && spec.distill.alpha > 0 && spec.distill.loss != KdLoss::Online;
}

TeacherBlockShape teacherShape(const RunSpec& spec) {
    TeacherBlockShape shape;
    shape.rows = spec.corpus.sequenceLength - 1;
    shape.k = spec.distill.loss == KdLoss::Sampled ? spec.distill.sampleRounds : spec.distill.topK;
    return shape;
}

std::int64_t teacherBytes(const RunSpec& spec) {
    if (!cachesTeacher(spec)) return 0;
    return static_cast<std::int64_t>(teacherShape(spec).blockBytes(samplesOf(spec)));
}

void addMemory(RunEstimate& estimate, const RunSpec& spec, const ModelHeader& model) {
    const DecoderShape student = shapeOf(model, spec);
    const std::int64_t dense = model.parameters * widthsOf(model, spec).held;
    std::int64_t peak = spec.prune.method == PruneMethod::None ? 0 : pruneBytes(spec, model.config);
    if (distils(spec)) {
        DecoderShape teacher = student;
        teacher.elements = model.parameters;
        const bool online = spec.distill.loss == KdLoss::Online && spec.distill.alpha > 0;
        const std::int64_t training =
            distillMemory(student, online ? &teacher : nullptr, spec.distill, microBatch(spec),
                          spec.corpus.sequenceLength)
                .total();
        peak = std::max(peak, student.elements * student.width + training);
    }
    if (spec.refine.passes > 0) {
        RefineMemory refining =
            refineMemory(student, spec.refine, std::min(spec.refine.samples, samplesOf(spec)),
                         spec.corpus.sequenceLength);
        refining.reference = dense;
        peak = std::max(peak, student.elements * student.width + refining.total());
    }
    if (spec.distill.budget > 0) {  // the dense steps that measure it
        DecoderShape copy = student;
        copy.elements = model.parameters;
        const std::int64_t ramp = distillMemory(copy, nullptr, DistillSpec(), 2, 256).total();
        peak = std::max(peak, copy.elements * copy.width + ramp);
    }
    estimate.memoryBytes = kProgramBytes + dense + peak;
}

void addDisk(RunEstimate& estimate, const RunSpec& spec, const ModelHeader& model) {
    const std::int64_t width = widthsOf(model, spec).held;
    const std::vector<RoundSpec> rounds = roundsOf(spec);
    std::int64_t models = 0, largest = 0, last = 0;
    for (const RoundSpec& round : rounds) {
        const std::int64_t elements = studentElements(spec, model, round.target);
        last = elements * width;
        models += 3 * last;  // after the cut, its best checkpoint, after its distillation
        if (spec.refine.passes > 0) {
            models += last;  // after its refinement
            largest = std::max(largest, last);
        }
        if (round.steps > 0)
            largest = std::max(
                largest,
                3 * (spec.distill.average > 0 ? 16 : 12) *
                    elements);  // two states for continuing, and the next before the oldest goes
    }
    const std::int64_t spectra = spec.prune.method == PruneMethod::Svd
                                     ? 2 * factorElements(model.config) +
                                           channelBytes(spec.prune, model.config)
                                     : 0,
                       caches = spectra + teacherBytes(spec);
    estimate.diskBytes = caches + models + largest + last;
    estimate.keptBytes = caches + (spec.keep == Keep::Nothing ? 0 : last) +
                         (spec.keep == Keep::Checkpoints ? models : 0);
}

constexpr double kShortest = 20;  ///< seconds; what a shorter run needs is mostly its fixed costs

double proportion(std::int64_t parameters, const SpeedRecord& speed) {
    return speed.factor *
           (parameters > 0 ? static_cast<double>(parameters) / kReferenceParameters : 1);
}

}  // namespace

Result<ModelHeader> modelHeaderOf(const std::string& reference, const RunPaths& paths) {
    SKD_TRY(const std::optional<RunReference> run, parseRunReference(reference));
    if (run) return runModelHeader(paths, {run->run, {}, run->removed});
    SKD_TRY(const std::filesystem::path path, resolveModelPath(reference));
    return readModelHeader(path);
}

DeviceMemory deviceMemory(const RunSpec& given, const ModelHeader& model) {
    const RunSpec spec = withControl(given);
    DecoderShape student = shapeOf(model, spec);
    student.width = spec.model.dtype == DTypeChoice::F32 ? 4 : 2;
    student.onDevice = true;
    DecoderShape teacher = student;
    teacher.elements = model.parameters;
    const bool online = spec.distill.loss == KdLoss::Online && spec.distill.alpha > 0;
    const std::int64_t micro = microBatchFor(spec.distill, false, spec.corpus.sequenceLength);
    return {model.parameters, student.elements * student.width, micro,
            distillMemory(student, online ? &teacher : nullptr, spec.distill, micro,
                          spec.corpus.sequenceLength)};
}

std::vector<std::string> RunEstimate::warnings() const {
    std::vector<std::string> found;
    const auto needed = static_cast<std::uint64_t>(memoryBytes),
               disk = static_cast<std::uint64_t>(diskBytes);
    if (freeMemory > 0 && needed > freeMemory)
        found.push_back(strCat("It needs about ", formatBytes(static_cast<double>(needed)),
                               " of memory; ", formatBytes(static_cast<double>(freeMemory)),
                               " are free. A smaller micro batch, sequence or model needs less."));
    if (freeDisk > 0 && disk > freeDisk)
        found.push_back(strCat("It needs about ", formatBytes(static_cast<double>(disk)),
                               " of disk beside the workspace; ",
                               formatBytes(static_cast<double>(freeDisk)), " are free."));
    return found;
}

double stageSeconds(const std::vector<EventRow>& events) {
    double seconds = 0;
    for (const EventRow& event : events)
        if (const Json value = valueAt(event.data, "seconds");
            event.kind == "stage_finished" && value.is_number())
            seconds += valueOr(value, 0.0);
    return seconds;
}

SpeedRecord speedOf(const std::vector<std::pair<RunDetails, double>>& runsWithSeconds,
                    const RunPaths& paths) {
    SpeedRecord record;
    double expected = 0, needed = 0;
    for (const auto& [run, seconds] : runsWithSeconds) {
        const auto spec = parseRunSpec(run.spec);
        if (!spec || !(seconds > 0) || !isOfThisMachine(run.environment)) continue;
        const auto header = modelHeaderOf(spec->model.path, paths);
        if (!header) continue;
        const double cost = StudyCost(machineSpeed(spec->model)).seconds(*spec) *
                            proportion(header->parameters, {});
        if (cost < kShortest) continue;
        expected += cost;
        needed += seconds;
        ++record.runs;
    }
    if (expected > 0) record.factor = std::clamp(needed / expected, 0.01, 100.0);
    return record;
}

RunEstimate estimateRun(const RunSpec& given, const RunPaths& paths, const SpeedRecord& speed) {
    const RunSpec spec = withControl(given);
    RunEstimate estimate;
    estimate.freeMemory = availableMemoryBytes();
    estimate.freeDisk = freeDiskBytes(paths.cache);
    const auto header = modelHeaderOf(spec.model.path, paths);
    if (header) {
        estimate.parameters = header->parameters;
        addMemory(estimate, spec, *header);
        addDisk(estimate, spec, *header);
    } else {
        estimate.modelProblem = header.error().message;
    }
    estimate.stages = StudyCost(machineSpeed(given.model)).stages(given);
    for (StageCost& stage : estimate.stages)
        stage.seconds *= proportion(estimate.parameters, speed);
    estimate.seconds = totalSeconds(estimate.stages);
    return estimate;
}

double teacherBytesPerToken(const RunSpec& given) {
    const RunSpec spec = withControl(given);
    if (!cachesTeacher(spec)) return 0;
    return static_cast<double>(teacherShape(spec).sampleBytes()) /
           static_cast<double>(spec.corpus.sequenceLength);
}

std::vector<double> estimatePlan(const StudyPlan& plan, const RunPaths& paths,
                                 const SpeedRecord& speed) {
    std::vector<double> seconds = expectedSecondsHere(plan);
    std::map<std::string, std::int64_t> sizes;
    const auto sizeOf = [&](const std::string& path) {
        const auto known = sizes.find(path);
        if (known != sizes.end()) return known->second;
        const auto header = modelHeaderOf(path, paths);
        return sizes[path] = header ? header->parameters : 0;
    };
    for (std::size_t i = 0; i < plan.runs.size(); ++i) {
        seconds[i] *= proportion(sizeOf(modelRun(plan, i).spec.model.path), speed);
    }
    return seconds;
}

}  // namespace skd
