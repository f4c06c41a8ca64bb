#include "distill/device/device_adamw.h"

#include <optional>

namespace skd::device {
namespace {

using Tensors = std::vector<at::Tensor>;

/// Values that are widened at a time: 256 MiB of f32.
constexpr std::int64_t kWidened = std::int64_t{1} << 26;

/// The same values in f32; those of f32 as they are.
Tensors widened(const Tensors& tensors) {
    Tensors wide, targets, sources;
    for (const at::Tensor& tensor : tensors) {
        wide.push_back(tensor);
        if (tensor.scalar_type() == at::kFloat) continue;
        wide.back() = at::empty(tensor.sizes(), tensor.options().dtype(at::kFloat));
        targets.push_back(wide.back());
        sources.push_back(tensor);
    }
    if (!targets.empty()) at::_foreach_copy_(targets, sources);
    return wide;
}

Tensors part(const Tensors& tensors, std::size_t begin, std::size_t end) {
    return {tensors.begin() + static_cast<std::ptrdiff_t>(begin),
            tensors.begin() + static_cast<std::ptrdiff_t>(end)};
}

/// The end of a stretch from `begin` that holds at most kWidened values, or one tensor.
std::size_t stretchEnd(const Tensors& tensors, std::size_t begin) {
    std::int64_t values = tensors[begin].numel();
    std::size_t end = begin + 1;
    while (end < tensors.size() && values + tensors[end].numel() <= kWidened)
        values += tensors[end++].numel();
    return end;
}

void copyToLive(const Tensors& lives, const Tensors& masters) {
    Tensors targets, sources;
    for (std::size_t i = 0; i < lives.size(); ++i) {
        if (lives[i].scalar_type() == at::kFloat) continue;
        targets.push_back(lives[i]);
        sources.push_back(masters[i]);
    }
    if (!targets.empty()) at::_foreach_copy_(targets, sources);
}

}  // namespace

at::Tensor squaresOf(const std::vector<at::Tensor>& gradients) {
    Tensors norms;
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        Tensors own;
        for (const at::Tensor& gradient : gradients)
            if (gradient.scalar_type() == type) own.push_back(gradient);
        if (own.empty()) continue;
        const Tensors some = at::_foreach_norm(own, 2, at::kFloat);
        norms.insert(norms.end(), some.begin(), some.end());
    }
    return at::stack(norms).to(at::kDouble).square().sum({0}, /*keepdim=*/true);
}

void addAll(const std::vector<at::Tensor>& sums, const std::vector<at::Tensor>& gradients) {
    for (std::size_t begin = 0; begin < sums.size();) {
        const std::size_t end = stretchEnd(sums, begin);
        at::_foreach_add_(part(sums, begin, end), widened(part(gradients, begin, end)));
        begin = end;
    }
}

void adamwStep(const AdamWTensors& tensors, const AdamWOptions& options, std::int64_t step) {
    if (tensors.masters.empty()) return;
    const at::TensorOptions single = tensors.masters.front().options();
    const at::Tensor number = at::full({}, step, single);
    // The operator divides gradients by it.
    std::optional<at::Tensor> scale;
    if (options.gradientScale != 1) scale = at::full({}, 1 / options.gradientScale, single);
    for (std::size_t begin = 0; begin < tensors.masters.size();) {
        const std::size_t end = stretchEnd(tensors.masters, begin);
        const Tensors masters = part(tensors.masters, begin, end);
        at::_fused_adamw_(masters, widened(part(tensors.gradients, begin, end)),
                          part(tensors.means, begin, end), part(tensors.variances, begin, end), {},
                          Tensors(end - begin, number), options.learningRate, options.beta1,
                          options.beta2, options.weightDecay, options.epsilon, /*amsgrad=*/false,
                          /*maximize=*/false, scale);
        copyToLive(part(tensors.lives, begin, end), masters);
        begin = end;
    }
}

}  // namespace skd::device
