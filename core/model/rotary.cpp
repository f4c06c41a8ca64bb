#include "model/rotary.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace skd {
namespace {

/// Llama 3: long wavelengths are stretched by `factor`, short ones kept, those between blended.
double llama3Frequency(const RopeConfig& rope, double frequency) {
    const double original = static_cast<double>(rope.originalMaxPositions);
    const double wavelength = 2 * std::numbers::pi / frequency;
    if (wavelength > original / rope.lowFrequencyFactor) return frequency / rope.factor;
    if (wavelength < original / rope.highFrequencyFactor) return frequency;
    const double blend = (original / wavelength - rope.lowFrequencyFactor) /
                         (rope.highFrequencyFactor - rope.lowFrequencyFactor);
    return (1 - blend) * frequency / rope.factor + blend * frequency;
}

/// YaRN: how much of the frequency of pair `i` is stretched, 0 for pairs that turn more than
/// betaFast times within the original length, 1 below betaSlow, a ramp between (arXiv 2309.00071,
/// equations 18 to 23; whole pairs as bounds, as transformers and llama.cpp have them).
double yarnShare(const RopeConfig& rope, std::int64_t rotaryDim, std::size_t i) {
    const auto dim = static_cast<double>(rotaryDim);
    const auto pairOf = [&](double turns) {
        return dim *
               std::log(static_cast<double>(rope.originalMaxPositions) /
                        (turns * 2 * std::numbers::pi)) /
               (2 * std::log(rope.theta));
    };
    const double low = std::max(std::floor(pairOf(rope.betaFast)), 0.0);
    const double high = std::min(std::ceil(pairOf(rope.betaSlow)), dim - 1);
    const double width = low == high ? 0.001 : high - low;
    return std::clamp((static_cast<double>(i) - low) / width, 0.0, 1.0);
}

/// NTK-aware base for sequences beyond the trained length.
double dynamicTheta(const ModelConfig& config, const RopeConfig& rope, std::int64_t length) {
    if (rope.type != RopeType::Dynamic || length <= config.maxPositions) return rope.theta;
    const auto dim = static_cast<double>(config.rotaryDim());
    const double stretch =
        rope.factor * static_cast<double>(length) / static_cast<double>(config.maxPositions) -
        (rope.factor - 1);
    return rope.theta * std::pow(stretch, dim / (dim - 2));
}

}  // namespace

std::vector<double> inverseFrequencies(const ModelConfig& config, const RopeConfig& rope,
                                       std::int64_t length) {
    const auto half = static_cast<std::size_t>(config.rotaryDim() / 2);
    const double theta = dynamicTheta(config, rope, length);
    const std::vector<double>& stretch =
        length > rope.originalMaxPositions ? rope.longFactor : rope.shortFactor;
    std::vector<double> frequencies(half);
    for (std::size_t i = 0; i < half; ++i) {
        double frequency = std::pow(
            theta, -2.0 * static_cast<double>(i) / static_cast<double>(config.rotaryDim()));
        if (rope.type == RopeType::Linear) frequency /= rope.factor;
        if (rope.type == RopeType::Llama3) frequency = llama3Frequency(rope, frequency);
        if (rope.type == RopeType::LongRope) frequency /= stretch[i];
        if (rope.type == RopeType::Yarn) {
            const double share = yarnShare(rope, config.rotaryDim(), i);
            frequency *= share / rope.factor + (1 - share);
        }
        if (!rope.frequencyDivisors.empty()) frequency /= rope.frequencyDivisors[i];
        frequencies[i] = frequency;
    }
    return frequencies;
}

double attentionScaling(const ModelConfig& config, const RopeConfig& rope) {
    if (rope.type != RopeType::LongRope && rope.type != RopeType::Yarn) return 1;
    if (rope.attentionFactor > 0) return rope.attentionFactor;
    if (rope.type == RopeType::Yarn) return yarnMagnitude(rope.factor);
    const double original = static_cast<double>(rope.originalMaxPositions);
    const double stretch = static_cast<double>(config.maxPositions) / original;
    return stretch <= 1 ? 1 : std::sqrt(1 + std::log(stretch) / std::log(original));
}

bool sameRotation(const ModelConfig& config, std::int64_t length, std::int64_t other) {
    const RopeConfig& rope = config.rope;
    if (rope.type == RopeType::LongRope)
        return (length > rope.originalMaxPositions) == (other > rope.originalMaxPositions);
    return rope.type != RopeType::Dynamic || length == other ||
           std::max(length, other) <= config.maxPositions;
}

RotaryTable wideTable(const RotaryTable& table, std::int64_t headDim, at::Device device) {
    const std::int64_t length = table.cos.size(0), half = table.cos.size(1);
    const at::Tensor narrow = at::stack({table.cos, table.sin}).to(device);
    at::Tensor wide = at::cat({narrow, narrow}, 2);
    wide.select(0, 1).narrow(1, 0, half).neg_();
    if (headDim > 2 * half) {  // what is not turned is multiplied by 1 and 0
        const at::Tensor turned = wide;
        wide = at::zeros({2, length, headDim}, turned.options());
        wide.select(0, 0).fill_(1);
        wide.narrow(2, 0, 2 * half).copy_(turned);
    }
    return {wide.select(0, 0).narrow(1, 0, half), wide.select(0, 1).narrow(1, half, half), wide};
}

RotaryTable rotaryTable(const ModelConfig& config, const RopeConfig& rope, std::int64_t length,
                        at::Device device, std::int64_t first) {
    const std::vector<double> frequencies = inverseFrequencies(config, rope, first + length);
    const auto half = static_cast<std::int64_t>(frequencies.size());
    const double scaling = attentionScaling(config, rope);
    at::Tensor cos = at::empty({length, half}, at::kFloat),
               sin = at::empty({length, half}, at::kFloat);
    auto* c = cos.data_ptr<float>();
    auto* s = sin.data_ptr<float>();
    for (std::int64_t position = first; position < first + length; ++position)
        for (std::int64_t i = 0; i < half; ++i) {
            // Angles in f32, as the reference implementation forms them.
            const float angle = static_cast<float>(position) *
                                static_cast<float>(frequencies[static_cast<std::size_t>(i)]);
            *c++ = static_cast<float>(std::cos(angle) * scaling);
            *s++ = static_cast<float>(std::sin(angle) * scaling);
        }
    const RotaryTable table{cos, sin};
    return device.is_cpu() ? table : wideTable(table, config.headDim, device);
}

}  // namespace skd
