#include "distill/adamw.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "distill/device/device_adamw.h"
#include "distill/device/reduced_moments.h"
#include "distill/tensor_values.h"
#include "kernels/adamw_kernels.h"
#include "kernels/head_kernels.h"

namespace skd {
namespace {

/// Elements of a unit of work: fixed, so that sums do not depend on the number of threads.
constexpr std::int64_t kBlock = 1 << 16;

std::int64_t blockCount(const at::Tensor& tensor) {
    return (tensor.numel() + kBlock - 1) / kBlock;
}

double decayFor(const at::Tensor& tensor, const AdamWOptions& options) {
    return tensor.dim() >= 2 ? options.weightDecay : 0.0;
}

bool isBits(const at::Tensor& tensor) {
    return tensor.scalar_type() == at::kBFloat16;
}

double squaresOf(const at::Tensor& gradient) {
    std::vector<double> partial(static_cast<std::size_t>(blockCount(gradient)));
    at::parallel_for(0, blockCount(gradient), 1, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t block = first; block < last; ++block) {
            const std::int64_t begin = block * kBlock,
                               size = std::min(kBlock, gradient.numel() - begin);
            partial[static_cast<std::size_t>(block)] = onValues(
                gradient, [&](const auto* values) { return sumOfSquares(values + begin, size); });
        }
    });
    double total = 0;
    for (const double part : partial) total += part;
    return total;
}

void addGradient(const at::Tensor& source, at::Tensor& target) {
    if (!source.device().is_cpu() || !isBits(source) || !source.is_contiguous()) {
        target.add_(source);
        return;
    }
    float* sum = valuesOf<float>(target);
    at::parallel_for(0, source.numel(), kBlock, [&](std::int64_t first, std::int64_t last) {
        accumulateBfloat16(sum + first, valuesOf<std::uint16_t>(source) + first, last - first);
    });
}

/// True when the kernels can read it as it is.
bool isReadable(const at::Tensor& gradient) {
    return gradient.is_contiguous() && (isBits(gradient) || gradient.scalar_type() == at::kFloat);
}

}  // namespace

std::map<std::string, at::Tensor> byName(const std::vector<NamedTensor>& tensors) {
    std::map<std::string, at::Tensor> named;
    for (const NamedTensor& entry : tensors) named[entry.name] = entry.tensor;
    return named;
}

AdamW::AdamW(std::vector<NamedTensor> parameters, MomentType moments,
             std::vector<RowShare> shares) {
    const c10::AutoGradMode noGradient(false);
    std::vector<at::Tensor> masters;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const at::Tensor live = parameters[i].tensor;
        const at::Tensor own = shares.empty() ? live : shares[i].of(live.detach());
        const at::Tensor master = own.detach().to(at::kFloat);
        Slot slot{
            .name = std::move(parameters[i].name), .live = live, .own = own, .master = master};
        if (!shares.empty()) slot.share = shares[i];
        if (moments == MomentType::F32) {
            slot.mean = at::zeros(own.sizes(), master.options());
            slot.variance = at::zeros(own.sizes(), master.options());
        }
        m_slots.push_back(std::move(slot));
        masters.push_back(master);
    }
    if (moments != MomentType::F32) m_reduced = std::make_unique<ReducedMoments>(masters, moments);
}

AdamW::~AdamW() = default;
AdamW::AdamW(AdamW&&) noexcept = default;
AdamW& AdamW::operator=(AdamW&&) noexcept = default;

at::Tensor& AdamW::gradientSum(std::size_t index) {
    const c10::AutoGradMode noGradient(false);
    Slot& slot = m_slots[index];
    if (!slot.sum.defined())
        slot.sum = at::empty(slot.live.sizes(), slot.live.options().dtype(at::kFloat));
    if (!slot.isSummed) slot.sum.zero_();
    slot.isSummed = true;
    if (slot.single.defined()) {
        addGradient(slot.single, slot.sum);
        if (slot.single.is_same(slot.live.grad())) slot.live.mutable_grad().reset();
        slot.single.reset();
    }
    return slot.sum;
}

void AdamW::accumulate() {
    const c10::AutoGradMode noGradient(false);
    if (isOnDevice()) return accumulateTogether();
    for (std::size_t i = 0; i < m_slots.size(); ++i) accumulate(i);
}

void AdamW::accumulate(std::size_t index) {
    const c10::AutoGradMode noGradient(false);
    Slot& slot = m_slots[index];
    at::Tensor& gradient = slot.live.mutable_grad();
    if (!gradient.defined()) return;
    if (slot.single.is_same(gradient)) return;  // a further pass has added to it in place
    if (!slot.hasGradient() && isReadable(gradient)) {
        slot.single = gradient;
        if (!isBits(gradient)) return;  // stays with the weight, where further ones add to it
    } else {
        addGradient(gradient, gradientSum(index));
    }
    gradient.reset();
}

void AdamW::accumulateTogether() {
    std::vector<at::Tensor> firstSums, firsts, sums, gradients;
    for (std::size_t i = 0; i < m_slots.size(); ++i) {
        Slot& slot = m_slots[i];
        at::Tensor gradient = slot.live.grad();
        if (!gradient.defined()) continue;
        slot.live.mutable_grad().reset();
        if (!slot.hasGradient() && isReadable(gradient)) {
            slot.single = gradient;
            continue;
        }
        if (slot.single.defined() && !isBits(slot.single)) {
            slot.sum = slot.single;
        } else if (slot.single.defined()) {
            if (!slot.sum.defined())
                slot.sum = at::empty(slot.live.sizes(), slot.live.options().dtype(at::kFloat));
            firstSums.push_back(slot.sum);
            firsts.push_back(slot.single);
        }
        slot.isSummed = slot.isSummed || slot.single.defined();
        slot.single.reset();
        sums.push_back(gradientSum(i));
        gradients.push_back(gradient);
    }
    if (!firsts.empty()) at::_foreach_copy_(firstSums, firsts);
    device::addAll(sums, gradients);
}

void AdamW::discardGradients() {
    for (Slot& slot : m_slots) {
        slot.live.mutable_grad().reset();
        slot.single.reset();
        slot.isSummed = false;
    }
}

at::Tensor AdamW::gradientSquares() const {
    const c10::AutoGradMode noGradient(false);
    std::vector<at::Tensor> gradients;
    for (const Slot& slot : m_slots)
        if (slot.hasGradient()) gradients.push_back(slot.gradient());
    if (!gradients.empty()) return device::squaresOf(gradients);
    return at::zeros({1}, m_slots.front().live.options().dtype(at::kDouble));
}

double AdamW::gradientNorm() const {
    if (isOnDevice()) return std::sqrt(gradientSquares().item<double>());
    double squares = 0;
    for (const Slot& slot : m_slots)
        if (slot.hasGradient()) squares += squaresOf(slot.gradient());
    return std::sqrt(squares);
}

void AdamW::updateSlot(Slot& slot, const AdamWOptions& options) const {
    const double time = static_cast<double>(m_step);
    const double rate = options.learningRate * slot.rateFactor;
    AdamWFactors factors;
    factors.gradientScale = static_cast<float>(options.gradientScale);
    factors.beta1 = static_cast<float>(options.beta1);
    factors.beta2 = static_cast<float>(options.beta2);
    factors.decay = static_cast<float>(1.0 - rate * decayFor(slot.live, options));
    factors.stepSize = static_cast<float>(rate / (1.0 - std::pow(options.beta1, time)));
    factors.inverseRoot = static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(options.beta2, time)));
    factors.epsilon = static_cast<float>(options.epsilon);
    AdamWSlice all{valuesOf<float>(slot.master), valuesOf<float>(slot.mean),
                   valuesOf<float>(slot.variance)};
    if (isBits(slot.own)) all.live = valuesOf<std::uint16_t>(slot.own);
    const at::Tensor gradient = slot.ownGradient();
    at::parallel_for(0, blockCount(slot.master), 1, [&](std::int64_t first, std::int64_t last) {
        const std::int64_t begin = first * kBlock,
                           size = std::min(last * kBlock, slot.master.numel()) - begin;
        onValues(gradient, [&](const auto* values) {
            adamwUpdate(all.from(begin), values + begin, size, factors);
        });
    });
}

void AdamW::step(const AdamWOptions& options) {
    const c10::AutoGradMode noGradient(false);
    if (m_reduced) return stepReduced(options);
    if (isOnDevice()) return stepTogether(options);
    ++m_step;
    for (std::size_t i = 0; i < m_slots.size(); ++i) {
        // A parameter without a gradient still decays and follows its moments.
        if (!m_slots[i].hasGradient()) static_cast<void>(gradientSum(i));
        updateSlot(m_slots[i], options);
    }
    discardGradients();
}

void AdamW::stepTogether(const AdamWOptions& options) {
    const c10::AutoGradMode noGradient(false);
    ++m_step;
    // By rate and decay, which the operator takes for all its tensors.
    std::map<std::pair<double, double>, device::AdamWTensors> groups;
    for (std::size_t i = 0; i < m_slots.size(); ++i) {
        Slot& slot = m_slots[i];
        if (!slot.hasGradient()) static_cast<void>(gradientSum(i));
        device::AdamWTensors& group = groups[{slot.rateFactor, decayFor(slot.live, options)}];
        group.masters.push_back(slot.master);
        group.means.push_back(slot.mean);
        group.variances.push_back(slot.variance);
        group.gradients.push_back(slot.ownGradient());
        group.lives.push_back(slot.own.detach());
    }
    for (const auto& [factors, group] : groups) {
        AdamWOptions own = options;
        own.learningRate *= factors.first;
        own.weightDecay = factors.second;
        device::adamwStep(group, own, m_step);
    }
    discardGradients();
}

void AdamW::stepReduced(const AdamWOptions& options) {
    AdamWStep step;
    step.options = options;
    step.number = ++m_step;
    for (std::size_t i = 0; i < m_slots.size(); ++i) {
        Slot& slot = m_slots[i];
        if (!slot.hasGradient()) static_cast<void>(gradientSum(i));
        step.masters.push_back(slot.master);
        step.gradients.push_back(slot.ownGradient());
        step.lives.push_back(slot.own.detach());
        step.rates.push_back(options.learningRate * slot.rateFactor);
        step.decays.push_back(decayFor(slot.live, options));
    }
    m_reduced->step(step);
    discardGradients();
}

void AdamW::stepReference(const AdamWOptions& options) {
    const c10::AutoGradMode noGradient(false);
    ++m_step;
    const double time = static_cast<double>(m_step);
    const double warming = 1.0 - std::pow(options.beta1, time);
    const double root = std::sqrt(1.0 - std::pow(options.beta2, time));
    for (std::size_t i = 0; i < m_slots.size(); ++i) {
        Slot& slot = m_slots[i];
        const double rate = options.learningRate * slot.rateFactor;
        gradientSum(i).mul_(options.gradientScale);
        slot.mean.mul_(options.beta1).add_(slot.sum, 1.0 - options.beta1);
        slot.variance.mul_(options.beta2).addcmul_(slot.sum, slot.sum, 1.0 - options.beta2);
        slot.master.mul_(1.0 - rate * decayFor(slot.live, options));
        slot.master.addcdiv_(slot.mean, (slot.variance.sqrt() / root).add_(options.epsilon),
                             -(rate / warming));
        if (slot.live.scalar_type() != at::kFloat) slot.live.copy_(slot.master);
    }
    discardGradients();
}

std::vector<at::Tensor> AdamW::masters() const {
    std::vector<at::Tensor> copies;
    for (const Slot& slot : m_slots) copies.push_back(slot.master.clone());
    return copies;
}

void AdamW::restart(const std::vector<at::Tensor>& masters) {
    const c10::AutoGradMode noGradient(false);
    for (std::size_t i = 0; i < m_slots.size(); ++i) {
        Slot& slot = m_slots[i];
        slot.master.copy_(masters[i]);
        if (!m_reduced) {
            slot.mean.zero_();
            slot.variance.zero_();
        }
        if (slot.own.scalar_type() != at::kFloat) slot.own.copy_(slot.master);
    }
    if (m_reduced) m_reduced->reset();
    m_step = 0;
    discardGradients();
}

std::vector<NamedTensor> AdamW::state() const {
    std::vector<NamedTensor> tensors;
    for (std::size_t i = 0; i < m_slots.size(); ++i) {
        const Slot& slot = m_slots[i];
        tensors.push_back({slot.name + ".master", slot.master});
        if (m_reduced) {
            for (NamedTensor& moment : m_reduced->state(i, slot.name))
                tensors.push_back(std::move(moment));
            continue;
        }
        tensors.push_back({slot.name + ".exp_avg", slot.mean});
        tensors.push_back({slot.name + ".exp_avg_sq", slot.variance});
    }
    return tensors;
}

Status AdamW::restore(const std::vector<NamedTensor>& state, std::int64_t stepCount) {
    const c10::AutoGradMode noGradient(false);
    const std::map<std::string, at::Tensor> stored = byName(state);
    const std::vector<NamedTensor> targets = this->state();
    for (const NamedTensor& target : targets) {
        const auto found = stored.find(target.name);
        if (found == stored.end())
            return fail(ErrorCode::Corrupt, strCat("the optimiser state lacks ", target.name));
        if (found->second.sizes() != target.tensor.sizes())
            return fail(ErrorCode::Corrupt,
                        strCat(target.name, " of the optimiser state has shape ",
                               found->second.sizes(), ", the model's has ", target.tensor.sizes()));
    }
    for (const NamedTensor& target : targets) target.tensor.copy_(stored.at(target.name));
    for (Slot& slot : m_slots)
        if (slot.own.scalar_type() != at::kFloat) slot.own.copy_(slot.master);
    m_step = stepCount;
    discardGradients();
    return {};
}

}  // namespace skd
