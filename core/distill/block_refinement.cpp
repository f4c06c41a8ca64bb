#include "distill/block_refinement.h"

#include <c10/core/GradMode.h>

#include <chrono>
#include <cmath>
#include <numeric>

#include "base/files.h"
#include "base/hash.h"
#include "base/kept_memory.h"
#include "base/record.h"
#include "base/text.h"
#include "distill/block_training.h"
#include "distill/checkpoint.h"
#include "distill/memory_estimate.h"
#include "distill/training_step.h"
#include "spec/spec_identity.h"

namespace skd {
namespace {

constexpr std::uint64_t kShuffleStream = 0x726566696e650000ull;

/// The first samples of training.
std::vector<std::int64_t> refinementSamples(const Corpus& corpus, const RefineSpec& spec,
                                            std::uint64_t seed) {
    SampleOrder order(corpus.samples(), seed);
    std::vector<std::int64_t> samples;
    for (std::int64_t i = 0; i < std::min(spec.samples, corpus.samples()); ++i)
        samples.push_back(order.at(i));
    return samples;
}

double meanOf(const std::vector<double>& values) {
    return values.empty() ? std::nan("")
                          : std::accumulate(values.begin(), values.end(), 0.0) /
                                static_cast<double>(values.size());
}

std::int64_t sourceOf(const Decoder& model, std::size_t layer) {
    const std::int64_t source = model.layers[layer].config.source;
    return source < 0 ? static_cast<std::int64_t>(layer) : source;
}

/// One call of refineBlocks().
class Refinement {
public:
    Refinement(Decoder& student, Decoder reference, const Corpus& corpus, const RefineSpec& spec,
               const RefineEnvironment& environment, const RunContext& context)
        : m_student(student),
          m_reference(std::move(reference)),
          m_corpus(corpus),
          m_spec(spec),
          m_environment(environment),
          m_context(context),
          m_parts(environment.folder),
          m_ends(referenceEnds(student, m_reference)),
          m_blocks(m_reference.layers.size()),
          m_group(student.device().is_cpu() ? passSamples(spec.batch, corpus.sequenceLength())
                                            : spec.batch) {
        const auto samples = refinementSamples(corpus, spec, context.seed);
        m_inputs = {student, corpus, samples, m_group};
        m_targets = {m_reference, corpus, samples, m_group};
        m_report.samples = m_inputs.size();
        for (const std::int64_t sample : samples) m_report.tokens += corpus.length(sample);
        m_report.steps = m_spec.passes * stepsOfPass();
        m_meter.emplace(context, Stage::Refine,
                        m_report.steps * static_cast<std::int64_t>(student.layers.size()), "steps");
    }

    Result<RefineReport> run() {
        const auto begin = std::chrono::steady_clock::now();
        for (std::size_t layer = 0; layer < m_student.layers.size(); ++layer) {
            SKD_TRY(const bool done, refine(layer));
            m_report.cancelled = !done;
            if (!done) break;
        }
        m_report.seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        return m_report;
    }

private:
    [[nodiscard]] std::int64_t stepsOfPass() const {
        return (m_report.samples + m_spec.batch - 1) / m_spec.batch;
    }

    /// False when cancelled.
    Result<bool> refine(std::size_t layer) {
        const ResidualStream teacherInputs =
            m_spec.loss == RefineLoss::Lillama ? m_targets : ResidualStream();
        passReference(layer);
        if (takeKept(layer)) {
            m_inputs.advance(m_student, layer, layer + 1);
            m_meter->advance(m_report.steps);
            return true;
        }
        if (m_context.cancelled()) return false;
        SKD_TRY(const bool done, improve(layer, {m_inputs, teacherInputs, m_targets, m_variance}));
        if (done) SKD_CHECK(keep(layer));
        return done;
    }

    /// Moves the reference's stream past what the student's layer stands for, and lets go of it.
    void passReference(std::size_t layer) {
        const std::size_t begin = layer == 0 ? 0 : m_ends[layer - 1];
        m_targets.advance(m_reference, begin, m_ends[layer]);
        for (std::size_t i = begin; i < m_ends[layer]; ++i) m_reference.layers[i] = {};
        m_variance = varianceOf(m_targets);
        if (!(m_variance > 0)) m_variance = 1;
    }

    /// Trains a layer and moves the student's stream past it. False when cancelled.
    Result<bool> improve(std::size_t layer, const BlockData& data) {
        ResidualStream outputs = past(layer);
        SKD_CHECK(checkWidth(layer, outputs.width()));
        const double before = errorOf(outputs);
        double after = before;
        if (before > 0) {
            outputs = {};  // training needs the memory
            BlockTraining training(m_student, layer, m_spec.loss);
            SKD_TRY(const bool done, train(training, layer, data));
            if (!done) return false;
            outputs = past(layer);
            after = errorOf(outputs);
            if (!(after < before)) {
                sayNoBetter(layer, before, after);
                training.restore();
                outputs = past(layer);
                after = before;
            }
        } else {
            m_meter->advance(m_report.steps);
        }
        m_inputs = std::move(outputs);
        note(layer, before, after);
        return true;
    }

    /// The student's stream behind a layer.
    [[nodiscard]] ResidualStream past(std::size_t layer) const {
        ResidualStream outputs = m_inputs;
        outputs.advance(m_student, layer, layer + 1);
        return outputs;
    }
    [[nodiscard]] double errorOf(const ResidualStream& outputs) const {
        return relativeError(outputs, m_targets, m_variance);
    }

    [[nodiscard]] Status checkWidth(std::size_t layer, std::int64_t width) const {
        if (width == m_targets.width()) return {};
        return fail(ErrorCode::InvalidInput,
                    strCat("block ", layer, " gives a residual stream of ", width,
                           ", the uncut model's has ", m_targets.width(),
                           "; blocks cannot be refined towards another width, so set "
                           "refine.passes to 0"));
    }

    void sayNoBetter(std::size_t layer, double before, double after) const {
        m_context.log(
            log::Level::Warning,
            strCat("block ", layer, ": the error after refinement, ", formatNumber(after, 4),
                   ", is not below the ", formatNumber(before, 4),
                   " before; it keeps its weights. A lower refine.learning_rate may help"));
    }

    /// The student's layer has the trained weights afterwards; its first ones when cancelled.
    Result<bool> train(BlockTraining& training, std::size_t layer, const BlockData& data) {
        std::int64_t skipped = 0;
        for (std::int64_t step = 0; step < m_report.steps; ++step) {
            if (m_context.cancelled()) {
                training.restore();
                return false;
            }
            const double loss = training.gradients(data, picks(layer, step), m_group);
            if (!training.apply(refineRateAt(step, m_report.steps, m_spec.learningRate))) ++skipped;
            m_context.emit(
                MetricBatch{m_context.run, {{"refine.loss", stepsBefore(layer) + step, loss}}});
            m_meter->advance(1);
        }
        if (skipped > 0)
            m_context.log(log::Level::Warning,
                          strCat("block ", layer, ": ", skipped, " of ", m_report.steps,
                                 " refinement steps had a gradient that is not finite and were "
                                 "skipped"));
        training.store();
        return true;
    }

    /// Samples of a step: each pass goes through all in an order of its own.
    [[nodiscard]] std::vector<std::int64_t> picks(std::size_t layer, std::int64_t step) const {
        const std::int64_t pass = step / stepsOfPass(), first = step % stepsOfPass() * m_spec.batch,
                           last = std::min(first + m_spec.batch, m_report.samples);
        const auto order =
            permutation(static_cast<std::uint32_t>(m_report.samples), m_context.seed,
                        kShuffleStream + static_cast<std::uint64_t>(stepsBefore(layer) + pass));
        return {order.begin() + first, order.begin() + last};
    }

    /// Number of a block over the rounds; that of a step.
    [[nodiscard]] std::int64_t blockNumber(std::size_t layer) const {
        return m_environment.earlierRounds * static_cast<std::int64_t>(m_blocks) +
               static_cast<std::int64_t>(layer);
    }
    [[nodiscard]] std::int64_t stepsBefore(std::size_t layer) const {
        return blockNumber(layer) * m_report.steps;
    }

    void note(std::size_t layer, double before, double after) {
        record(before, after);
        m_context.emit(MetricBatch{m_context.run,
                                   {{"refine.before", blockNumber(layer), before},
                                    {"refine.after", blockNumber(layer), after}}});
    }
    void record(double before, double after) {
        m_report.before.push_back(before);
        m_report.after.push_back(after);
        if (!(after < before)) ++m_report.unchanged;
    }

    // --- what is kept of finished blocks

    [[nodiscard]] Json identity(std::size_t layer) const {
        return {{"spec", m_environment.specSha256},
                {"refine", sha256Hex(dumpJson(specIdentity(m_spec)))},
                {"seed", m_context.seed},
                {"corpus", m_corpus.sha256()},
                {"student", m_environment.studentSha256},
                {"reference", m_environment.referenceSha256},
                {"block", layer}};
    }

    Status keep(std::size_t layer) {
        // A resumed run does not tell of this block again: it must be on record first.
        if (m_context.flush) SKD_CHECK(m_context.flush());
        return m_parts.savePart({static_cast<std::int64_t>(layer),
                                 {{"identity", identity(layer)},
                                  {"before", finiteOrNull(m_report.before.back())},
                                  {"after", finiteOrNull(m_report.after.back())}},
                                 layerParameters(m_student, layer)});
    }

    /// True when an earlier attempt has refined the layer, which then has its weights.
    bool takeKept(std::size_t layer) {
        const std::filesystem::path path = m_parts.partPath(static_cast<std::int64_t>(layer));
        std::error_code ignored;
        if (!std::filesystem::exists(path / "manifest.json", ignored)) return false;
        Result<Checkpoint> part = CheckpointFolder::load(path);
        if (part && valueOr(part->state, "identity", Json()) != identity(layer)) return false;
        const Status taken = part ? copyInto(layer, *part) : Status(fail(part.error()));
        if (!taken) {
            m_context.log(log::Level::Warning,
                          strCat("the refined block ", layer,
                                 " is damaged and is refined again: ", taken.error().message));
            return false;
        }
        double before = std::nan(""), after = std::nan("");
        readMember(valueOr(part->state, "before", Json()), before);
        readMember(valueOr(part->state, "after", Json()), after);
        record(before, after);
        ++m_report.resumedBlocks;
        return true;
    }

    Status copyInto(std::size_t layer, const Checkpoint& part) {
        const c10::NoGradGuard noGradient;
        const std::map<std::string, at::Tensor> stored = byName(part.tensors);
        const std::vector<NamedTensor> parameters = layerParameters(m_student, layer);
        for (const NamedTensor& parameter : parameters) {
            const auto found = stored.find(parameter.name);
            if (found == stored.end() || found->second.sizes() != parameter.tensor.sizes())
                return fail(ErrorCode::Corrupt,
                            strCat("it has no ", parameter.name, " of the student's shape"));
        }
        for (const NamedTensor& parameter : parameters)
            parameter.tensor.copy_(stored.at(parameter.name));
        return {};
    }

    KeptMemory m_memory;
    Decoder& m_student;
    Decoder m_reference;
    const Corpus& m_corpus;
    const RefineSpec& m_spec;
    const RefineEnvironment& m_environment;
    const RunContext& m_context;
    CheckpointFolder m_parts;
    std::vector<std::size_t> m_ends;
    std::size_t m_blocks;  ///< of the reference: as many in every round
    std::int64_t m_group;
    ResidualStream m_inputs;   ///< of the student, before the layer that is next
    ResidualStream m_targets;  ///< of the reference
    double m_variance = 1;
    RefineReport m_report;
    std::optional<ProgressMeter> m_meter;
};

/// The reference is loaded: it is no longer among what is free.
Status checkRefineMemory(const Decoder& student, const Corpus& corpus, const RefineSpec& spec) {
    if (!student.device().is_cpu()) return {};
    const RefineMemory memory = refineMemory(
        shapeOf(student), spec, std::min(spec.samples, corpus.samples()), corpus.sequenceLength());
    const auto needed = static_cast<std::uint64_t>(memory.total()), free = availableMemoryBytes();
    if (free == 0 || needed <= free) return {};
    return fail(ErrorCode::OutOfMemory,
                strCat("block refinement needs about ", formatBytes(static_cast<double>(needed)),
                       ", ", formatBytes(static_cast<double>(free)),
                       " are free; use fewer refine.samples or a smaller sequence_length"));
}

}  // namespace

double RefineReport::meanBefore() const {
    return meanOf(before);
}

double RefineReport::meanAfter() const {
    return meanOf(after);
}

Json RefineReport::toJson() const {
    return {{"before", before},   {"after", after},         {"samples", samples},
            {"tokens", tokens},   {"steps", steps},         {"unchanged", unchanged},
            {"seconds", seconds}, {"cancelled", cancelled}, {"resumed_blocks", resumedBlocks}};
}

std::vector<std::size_t> referenceEnds(const Decoder& student, const Decoder& reference) {
    std::vector<std::size_t> ends;
    std::size_t end = 0;
    for (std::size_t layer = 1; layer < student.layers.size(); ++layer) {
        while (end < reference.layers.size() && sourceOf(reference, end) < sourceOf(student, layer))
            ++end;
        ends.push_back(end);
    }
    ends.push_back(reference.layers.size());
    return ends;
}

Result<RefineReport> refineBlocks(Decoder& student, Decoder reference, const Corpus& corpus,
                                  const RefineSpec& spec, const RefineEnvironment& environment,
                                  const RunContext& context) {
    SKD_CHECK(checkRefineMemory(student, corpus, spec));
    return Refinement(student, std::move(reference), corpus, spec, environment, context).run();
}

}  // namespace skd
