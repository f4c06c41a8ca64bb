#include "distill/block_training.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace skd {
namespace {

constexpr double kDecay = 0.01, kClip = 1.0;
constexpr double kWarmShare = 0.1, kLastShare = 0.1;

/// A decoder of one layer and nothing around it; it shares the layer's weights.
Decoder blockOf(const Decoder& model, std::size_t layer) {
    Decoder block(model.config);
    block.computeDtype = model.activationDtype();
    block.layers.push_back(model.layers[layer]);
    return block;
}

std::vector<NamedTensor> contiguousParameters(Decoder& block) {
    std::vector<NamedTensor> parameters;
    block.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        tensor = tensor.contiguous();
        parameters.push_back({name, tensor});
    });
    return parameters;
}

/// [samples, length] of f32: each position's loss.
at::Tensor positionLosses(const at::Tensor& output, const at::Tensor& target, RefineLoss loss,
                          double variance) {
    const at::Tensor given = output.to(at::kFloat), wanted = target.to(at::kFloat);
    if (loss == RefineLoss::Mse) return (given - wanted).pow(2).mean(-1) / variance;
    return (given - wanted).abs().mean(-1) -
           at::log_sigmoid(at::cosine_similarity(given, wanted, -1));
}

}  // namespace

double refineRateAt(std::int64_t step, std::int64_t steps, double peak) {
    const std::int64_t warm =
        std::max<std::int64_t>(1, std::llround(kWarmShare * static_cast<double>(steps)));
    if (step < warm) return peak * static_cast<double>(step + 1) / static_cast<double>(warm);
    const double progress =
        static_cast<double>(step - warm + 1) / static_cast<double>(steps - warm);
    return peak *
           (kLastShare + (1 - kLastShare) * 0.5 * (1 + std::cos(std::numbers::pi * progress)));
}

std::vector<NamedTensor> layerParameters(const Decoder& model, std::size_t layer) {
    std::vector<NamedTensor> parameters;
    Decoder block = blockOf(model, layer);
    block.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        parameters.push_back({name, tensor});
    });
    return parameters;
}

BlockTraining::BlockTraining(const Decoder& student, std::size_t layer, RefineLoss loss)
    : m_held(layerParameters(student, layer)),
      m_block(blockOf(student, layer).to(student.device(), student.activationDtype())),
      m_loss(loss),
      m_optimiser(contiguousParameters(m_block)) {
    for (const NamedTensor& held : m_held) m_before.push_back(held.tensor.detach().clone());
    m_block.visitParameters(
        [](const std::string&, at::Tensor& tensor) { tensor.requires_grad_(); });
}

BlockTraining::~BlockTraining() {
    m_block.visitParameters([](const std::string&, at::Tensor& tensor) {
        tensor.requires_grad_(false);
        tensor.mutable_grad().reset();
    });
}

at::Tensor BlockTraining::lossSum(const at::Tensor& input, const at::Tensor& target,
                                  const at::Tensor& mask, double variance) const {
    const at::Tensor output = m_block.runLayers(input, 0, 1);
    return (positionLosses(output, target, m_loss, variance) * mask).sum();
}

double BlockTraining::gradients(const BlockData& data, std::span<const std::int64_t> samples,
                                std::int64_t group) {
    const c10::AutoGradMode withGradient(true);
    std::int64_t tokens = 0;
    for (const std::int64_t sample : samples) tokens += data.inputs.length(sample);
    double total = 0;
    for (std::size_t begin = 0; begin < samples.size(); begin += static_cast<std::size_t>(group)) {
        const auto part = samples.subspan(
            begin, std::min(static_cast<std::size_t>(group), samples.size() - begin));
        const at::Tensor target = data.targets.batch(part), mask = data.inputs.mask(part);
        at::Tensor loss = lossSum(data.inputs.batch(part), target, mask, data.variance);
        if (m_loss == RefineLoss::Lillama)
            loss = loss + lossSum(data.teacherInputs.batch(part), target, mask, data.variance);
        loss = loss / static_cast<double>(std::max<std::int64_t>(1, tokens));
        total += loss.item<double>();
        loss.backward();
        m_optimiser.accumulate();
    }
    return total;
}

bool BlockTraining::apply(double learningRate) {
    const double norm = m_optimiser.gradientNorm();
    if (!std::isfinite(norm)) {
        m_optimiser.discardGradients();
        return false;
    }
    AdamWOptions options;
    options.learningRate = learningRate;
    options.weightDecay = kDecay;
    if (norm > kClip) options.gradientScale = kClip / norm;
    m_optimiser.step(options);
    return true;
}

void BlockTraining::store() {
    const c10::NoGradGuard noGradient;
    for (std::size_t i = 0; i < m_held.size(); ++i)
        if (!m_held[i].tensor.is_alias_of(m_optimiser.live(i)))
            m_held[i].tensor.copy_(m_optimiser.live(i));
}

void BlockTraining::restore() {
    const c10::NoGradGuard noGradient;
    for (std::size_t i = 0; i < m_held.size(); ++i) m_held[i].tensor.copy_(m_before[i]);
}

}  // namespace skd
