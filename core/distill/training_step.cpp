#include "distill/training_step.h"

#include <c10/core/GradMode.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <new>
#include <optional>

#include "base/files.h"
#include "base/text.h"
#include "distill/device/device_head.h"
#include "distill/memory_estimate.h"
#include "distill/tensor_values.h"
#include "distill/training_rules.h"
#include "model/device_copy.h"
#include "model/device_scoring.h"
#include "model/memory_error.h"
#include "model/module_scope.h"

namespace skd {
namespace {

constexpr std::uint64_t kOrderStream = 0x747261696e696e67ull;

MemoryFault& memoryFault() {
    static MemoryFault fault;
    return fault;
}

std::vector<NamedTensor> parametersOf(Decoder& student) {
    std::vector<NamedTensor> parameters;
    student.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        if (!tensor.is_contiguous()) tensor = tensor.contiguous();
        parameters.push_back({name, tensor});
    });
    if (student.config.tiedHead) student.head = student.embedding;
    return parameters;
}

void setTraining(Decoder& student, bool training) {
    student.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        if (name != kEmbeddingName && name != kHeadName) tensor.requires_grad_(training);
        tensor.mutable_grad().reset();
    });
}

at::Tensor inputIds(const Corpus& corpus, std::span<const std::int64_t> samples) {
    const std::int64_t length = corpus.sequenceLength() - 1;
    at::Tensor ids = at::empty({static_cast<std::int64_t>(samples.size()), length}, at::kLong);
    auto* out = ids.mutable_data_ptr<std::int64_t>();
    for (const std::int64_t sample : samples)
        out = std::copy_n(corpus.sample(sample).begin(), length, out);
    return ids;
}

/// Each position's next token, where training predicts it.
void copyLabels(const Corpus& corpus, std::int64_t sample, std::int64_t* labels) {
    const auto ids = corpus.sample(sample);
    for (std::int64_t i = 1; i < corpus.length(sample); ++i)
        if (corpus.isLearned(sample, i)) labels[i - 1] = ids[static_cast<std::size_t>(i)];
}

}  // namespace

void setMemoryFaultForTesting(MemoryFault fault) {
    memoryFault() = std::move(fault);
}

TrainingStep::TrainingStep(Decoder& student, const Corpus& corpus, TeacherSignal teacher,
                           const DistillSpec& spec, const StepPartners& partners)
    : m_student(student),
      m_corpus(corpus),
      m_teacher(std::move(teacher)),
      m_spec(spec),
      m_team(partners.devices),
      m_shares(m_team.sharesOf(parametersOf(student), spec.moments)),
      m_optimiser(parametersOf(student), spec.moments, m_team.ownOf(m_shares)),
      m_sizes(partners.sizes) {
    for (std::size_t i = 0; i < m_optimiser.size(); ++i) {
        if (m_optimiser.name(i) == kEmbeddingName) m_embeddingIndex = i;
        if (m_optimiser.name(i) == kHeadName) m_headIndex = i;
        m_optimiser.setRateFactor(i, rateFactorOf(m_optimiser.name(i), spec));
    }
    if (student.config.tiedHead) m_headIndex = m_embeddingIndex;
    m_microBatch = microBatchFor(spec, student.device().is_cpu(), corpus.sequenceLength());
    setTraining(student, true);
    if (m_team.isAlone()) return;
    m_exchange = std::make_unique<GradientExchange>(
        m_optimiser, std::vector<std::size_t>{m_embeddingIndex, m_headIndex}, m_team.devices());
}

TrainingStep::~TrainingStep() {
    m_exchange.reset();
    setTraining(m_student, false);
}

std::int64_t TrainingStep::scoredTokens(std::int64_t sample) const {
    return m_teacher.isUsable(sample) ? m_corpus.learned(sample) : 0;
}

Result<HeadInput> TrainingStep::headInput(std::span<const std::int64_t> samples,
                                          at::Tensor& ids) const {
    const ModuleScope scope(StepPhase::Teacher);
    const bool isOnline = m_teacher.decoder() != nullptr;
    const std::int64_t length = ids.size(1);
    HeadInput input;
    input.head = m_student.head;
    input.labels = at::full({ids.numel()}, kIgnoredLabel, at::kLong);
    auto* labels = input.labels.mutable_data_ptr<std::int64_t>();
    for (const std::int64_t sample : samples) {
        if (m_teacher.isUsable(sample)) copyLabels(m_corpus, sample, labels);
        labels += length;
    }
    if (!isOnline) SKD_CHECK(m_teacher.fill(input, samples, ids, m_spec.temperature));
    if (!m_student.device().is_cpu()) {
        checkHeadIds(input);
        const std::vector<at::Tensor> moved =
            uploadTogether({ids, input.labels, input.teacher.ids, input.teacher.logProbabilities,
                            input.teacher.logZ},
                           m_student.device());
        ids = moved[0];
        input.labels = moved[1];
        input.teacher = {moved[2], moved[3], moved[4]};
    }
    if (isOnline) SKD_CHECK(m_teacher.fill(input, samples, ids, m_spec.temperature));
    return input;
}

void TrainingStep::addEmbeddingGradient(const at::Tensor& ids, const at::Tensor& gradient) {
    at::Tensor& sum = m_optimiser.gradientSum(m_embeddingIndex);
    const at::Tensor rows = gradient.reshape({-1, gradient.size(-1)}).contiguous();
    if (!rows.device().is_cpu() || rows.scalar_type() != at::kBFloat16) {
        sum.index_add_(0, ids.reshape({-1}), rows.to(at::kFloat));
        return;
    }
    // In the order of tokens, hence the same bits every time.
    const auto* id = ids.const_data_ptr<std::int64_t>();
    const auto* bits = valuesOf<std::uint16_t>(rows);
    for (std::int64_t i = 0; i < rows.size(0); ++i)
        accumulateBfloat16(valuesOf<float>(sum) + id[i] * rows.size(1), bits + i * rows.size(1),
                           rows.size(1));
}

void TrainingStep::backPropagateHead(const at::Tensor& stream, const HeadPass& head) {
    std::optional<ModuleScope> phase(std::in_place, StepPhase::Forward);
    const at::Tensor hidden = m_student.normalise(stream);
    const at::Tensor flat = hidden.reshape({-1, hidden.size(-1)});
    phase.reset();
    const at::Tensor gradient = head(flat.detach());
    phase.emplace(StepPhase::Backward);
    flat.backward(gradient);
}

void TrainingStep::backPropagate(const at::Tensor& input, const HeadPass& head) {
    std::optional<ModuleScope> phase(std::in_place, StepPhase::Forward);
    const at::Tensor stream = m_student.runLayers(input, 0, m_student.layers.size());
    phase.reset();
    backPropagateHead(stream, head);
}

void TrainingStep::backPropagateByLayer(const at::Tensor& input, const HeadPass& head) {
    const auto leaf = [](const at::Tensor& tensor) { return tensor.detach().requires_grad_(); };
    std::optional<ModuleScope> phase(std::in_place, StepPhase::Forward);
    std::vector<at::Tensor> states{leaf(input)};
    // With gradients on, for a pass without them may take other kernels, and then other bits.
    for (std::size_t i = 0; i < m_student.layers.size(); ++i)
        states.push_back(leaf(m_student.runLayers(states.back(), i, i + 1)));
    phase.reset();
    backPropagateHead(states.back(), head);
    phase.emplace(StepPhase::Backward);
    at::Tensor gradient = states.back().grad();
    for (std::size_t i = m_student.layers.size(); i-- > 0;) {
        states.pop_back();
        m_student.runLayers(states.back(), i, i + 1).backward(gradient);
        gradient = states.back().grad();
    }
    if (input.requires_grad()) input.backward(gradient);
}

Result<HeadLoss> TrainingStep::microStep(std::span<const std::int64_t> samples, double tokens) {
    at::Tensor ids = inputIds(m_corpus, samples);
    SKD_TRY(HeadInput input, headInput(samples, ids));
    const c10::AutoGradMode withGradient(true);
    at::Tensor embedded, entering;
    {
        const ModuleScope scope(StepPhase::Forward);
        embedded = m_student.lookup(ids).detach().requires_grad_();
        entering = m_student.projectInput(embedded);
    }
    const bool onCpu = m_student.device().is_cpu();
    HeadLossOptions options{.alpha = m_spec.alpha,
                            .temperature = m_spec.temperature,
                            .tokens = tokens,
                            .loss = m_spec.loss};
    if (!onCpu) options.chunk = device::headRows(input.head.size(0));
    HeadLoss loss;
    const HeadPass head = [&](const at::Tensor& hidden) {
        const ModuleScope scope(StepPhase::Head);
        input.hidden = hidden;
        at::Tensor& headGradient = m_optimiser.gradientSum(m_headIndex);
        loss = onCpu ? headLoss(input, options, headGradient)
                     : device::headLoss(input, options, headGradient);
        if (memoryFault() && memoryFault()(static_cast<std::int64_t>(samples.size())))
            throw std::bad_alloc();
        return loss.hiddenGradient;
    };
    if (m_spec.checkpointActivations)
        backPropagateByLayer(entering, head);
    else
        backPropagate(entering, head);
    const ModuleScope scope(StepPhase::Gradients);
    addEmbeddingGradient(ids, embedded.grad());
    if (m_conflictSlot) m_conflict.afterPass(m_student, *m_conflictSlot);
    m_optimiser.accumulate();
    return loss;
}

Result<WindowLoss> TrainingStep::gradients(std::span<const std::int64_t> samples,
                                           const RunContext& context) {
    while (true) {
        std::string problem;
        try {
            return window(samples, context);
        } catch (const std::exception& error) {
            if (!isOutOfMemory(error)) throw;
            problem = error.what();
        }
        // Only here, where the exception and all that it kept alive are gone, is memory free again.
        SKD_CHECK(backOff(problem.substr(0, problem.find('\n')), context));
    }
}

Status TrainingStep::backOff(const std::string& problem, const RunContext& context) {
    const bool isSent = m_exchange && m_exchange->hasBegun();
    if (m_exchange) m_exchange->disarm();
    m_optimiser.discardGradients();
    const std::int64_t tried = m_microBatch;
    if (isSent && tried > 1) return GradientExchange::ranOut(tried, problem);
    if (tried == 1)
        return fail(ErrorCode::OutOfMemory,
                    strCat("memory ran out in a step of one sample of ", m_corpus.sequenceLength(),
                           " tokens (", problem, "); the estimate was ",
                           formatBytes(static_cast<double>(
                               distillMemory(m_student, m_corpus, m_spec, m_teacher).total())),
                           " beyond the student's weights, ",
                           formatBytes(static_cast<double>(availableMemoryBytes())),
                           " are free; use a smaller sequence_length or model"));
    m_microBatch = tried / 2;
    context.log(log::Level::Warning,
                strCat("memory ran out in a micro-batch of ", tried, " samples (", problem,
                       "); continuing with ", m_microBatch, ", the batch of a step stays ",
                       m_spec.batch, " samples. The last bits of losses and weights may differ"));
    return {};
}

void TrainingStep::begin(std::int64_t step) {
    if (m_sizes != nullptr) m_sizes->begin(step);
}

TrainingStep::Pass TrainingStep::passFrom(std::size_t first, std::size_t samples) const {
    const std::size_t most = std::min(static_cast<std::size_t>(m_microBatch), samples - first);
    if (m_sizes == nullptr) return {first, most};
    return {first, m_sizes->alike(first, most), m_sizes->weight(first)};
}

Status TrainingStep::takeSize(const Pass& pass) {
    return m_sizes == nullptr ? Status() : m_sizes->use(m_student, pass.first);
}

bool TrainingStep::measuresConflict(const Pass& pass) const {
    return m_sizes != nullptr && SizeConflict::isDue(m_sizes->step()) && pass.first < 2 &&
           pass.samples == 1;
}

Result<HeadLoss> TrainingStep::sizedStep(const Pass& pass, std::span<const std::int64_t> samples,
                                         double tokens) {
    SKD_CHECK(takeSize(pass));
    m_conflictSlot.reset();
    if (measuresConflict(pass)) {
        m_conflictSlot = pass.first;
        m_conflict.beforePass(m_student);
    }
    return microStep(samples.subspan(pass.first, pass.samples), tokens / pass.weight);
}

Result<WindowLoss> TrainingStep::window(std::span<const std::int64_t> samples,
                                        const RunContext& context) {
    WindowLoss window;
    for (const std::int64_t sample : samples) window.tokens += scoredTokens(sample);
    if (window.tokens == 0) return window;
    m_conflict = SizeConflict();
    std::vector<std::pair<Pass, HeadLoss>> passes;
    const auto [first, end] = m_team.ownOf(samples.size());
    for (std::size_t begin = first; begin < end;) {
        if (begin > first && m_team.isAlone() && context.cancelled()) {
            m_optimiser.discardGradients();
            window.cancelled = true;
            return window;
        }
        const Pass pass = passFrom(begin, end);
        if (m_exchange && begin + pass.samples == end) m_exchange->arm();
        SKD_TRY(HeadLoss part, sizedStep(pass, samples, static_cast<double>(window.tokens)));
        part.hiddenGradient.reset();
        passes.emplace_back(pass, std::move(part));
        begin += pass.samples;
    }
    if (m_exchange) SKD_CHECK(m_exchange->finish());
    SKD_CHECK(conclude(window, samples, passes));
    return window;
}

std::vector<HeadRowLoss> TrainingStep::figures(
    WindowLoss& window, const std::vector<std::pair<Pass, HeadLoss>>& passes) const {
    const at::Tensor conflict = m_conflict.products();
    std::vector<HeadRowLoss> figures;
    if (passes.empty() || !passes.front().second.sums.defined()) {
        for (const auto& [pass, loss] : passes) figures.push_back(loss);
        window.gradientNorm = m_optimiser.gradientNorm();
        if (conflict.defined())
            window.sizeCosine = SizeConflict::cosine(conflict.const_data_ptr<double>());
        return figures;
    }
    std::vector<at::Tensor> parts;
    for (const auto& [pass, loss] : passes) parts.push_back(loss.sums);
    parts.push_back(m_optimiser.gradientSquares());
    if (conflict.defined()) parts.push_back(conflict);
    const at::Tensor host = at::cat(parts).to(at::kCPU);
    const auto* values = host.const_data_ptr<double>();
    for (std::size_t i = 0; i < passes.size(); ++i, values += 4)
        figures.push_back({values[0], values[1], values[2], values[3]});
    window.gradientNorm = std::sqrt(values[0]);
    if (conflict.defined()) window.sizeCosine = SizeConflict::cosine(values + 1);
    return figures;
}

Status TrainingStep::conclude(WindowLoss& window, std::span<const std::int64_t> samples,
                              const std::vector<std::pair<Pass, HeadLoss>>& passes) const {
    const ModuleScope scope(StepPhase::Gradients);
    const std::vector<HeadRowLoss> losses = figures(window, passes);
    const auto tokens = static_cast<double>(window.tokens);
    const double ceShare = 1 - m_spec.alpha,
                 klShare = m_spec.alpha * m_spec.temperature * m_spec.temperature;
    HeadRowLoss sum, weighted;
    for (std::size_t i = 0; i < passes.size(); ++i) {
        const Pass& pass = passes[i].first;
        sum.ce += losses[i].ce;
        sum.kl += losses[i].kl;
        weighted.ce += pass.weight * losses[i].ce;
        weighted.kl += pass.weight * losses[i].kl;
        sum.ceGradientSquares += losses[i].ceGradientSquares;
        sum.klGradientSquares += losses[i].klGradientSquares;
        if (m_sizes == nullptr) continue;
        SizedLoss& own = window.sizes.emplace_back(SizedLoss{pass.first, pass.samples});
        for (const std::int64_t sample : samples.subspan(pass.first, pass.samples))
            own.tokens += scoredTokens(sample);
        const auto scored = static_cast<double>(std::max<std::int64_t>(1, own.tokens));
        own.ce = losses[i].ce / scored;
        own.kl = losses[i].kl / scored;
    }
    SKD_CHECK(m_team.add({&sum.ce, &sum.kl, &weighted.ce, &weighted.kl, &sum.ceGradientSquares,
                          &sum.klGradientSquares}));
    window.ce = sum.ce / tokens;
    window.kl = sum.kl / tokens;
    window.loss = ceShare * (weighted.ce / tokens) + klShare * (weighted.kl / tokens);
    window.ceLogitNorm = std::sqrt(sum.ceGradientSquares);
    window.klLogitNorm = std::sqrt(sum.klGradientSquares);
    return {};
}

Status TrainingStep::apply(const WindowLoss& loss, double learningRate) {
    AdamWOptions options{learningRate,   m_spec.beta1,       m_spec.beta2,
                         m_spec.epsilon, m_spec.weightDecay, 1.0};
    if (m_spec.clip > 0 && loss.gradientNorm > m_spec.clip)
        options.gradientScale = m_spec.clip / loss.gradientNorm;
    const ModuleScope scope(StepPhase::Optimiser);
    m_optimiser.step(options);
    return shareWeights();
}

std::int64_t SampleOrder::at(std::int64_t position) {
    const std::int64_t epoch = position / m_samples;
    if (epoch != m_epoch) {
        m_order = permutation(static_cast<std::uint32_t>(m_samples), m_seed,
                              kOrderStream + static_cast<std::uint64_t>(epoch));
        m_epoch = epoch;
    }
    return m_order[static_cast<std::size_t>(position % m_samples)];
}

std::vector<std::int64_t> SampleOrder::from(std::int64_t position, std::int64_t count) {
    std::vector<std::int64_t> samples;
    for (std::int64_t i = 0; i < count; ++i) samples.push_back(at(position + i));
    return samples;
}

}  // namespace skd
