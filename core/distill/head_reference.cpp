#include <c10/core/GradMode.h>

#include "distill/fused_head.h"

namespace skd {
namespace {

/// Smallest mass whose logarithm is taken.
constexpr double kSmallestTail = 1e-9;

/// Sum over scored rows of KL(p || q) over k entries and the tail.
at::Tensor bucketKl(const at::Tensor& logits, const TeacherRows& teacher, double temperature,
                    const at::Tensor& scored) {
    const at::Tensor logP = teacher.logProbabilities.to(logits.device()) / temperature -
                            teacher.logZ.to(logits.device()).unsqueeze(1);
    const at::Tensor p = logP.exp();
    const at::Tensor ids = teacher.ids.to(logits.device(), at::kLong);
    const at::Tensor logQ = at::log_softmax(logits / temperature, -1).gather(1, ids);
    const at::Tensor tailP = (1 - p.sum(1)).clamp_min(kSmallestTail);
    const at::Tensor tailQ = (1 - logQ.exp().sum(1)).clamp_min(kSmallestTail);
    const at::Tensor rows = (p * (logP - logQ)).sum(1) + tailP * (tailP.log() - tailQ.log());
    return (rows * scored).sum();
}

}  // namespace

HeadLoss headLossReference(const HeadInput& input, const HeadLossOptions& options,
                           at::Tensor& headGradient) {
    const c10::AutoGradMode withGradient(true);
    const at::Tensor hidden = input.hidden.detach().requires_grad_();
    const at::Tensor head = input.head.detach().requires_grad_();
    const at::Tensor labels = input.labels.to(hidden.device());
    const at::Tensor scored = labels.ne(kIgnoredLabel).to(at::kFloat);
    const at::Tensor logits = at::mm(hidden, head.t()).to(at::kFloat);
    const at::Tensor ce =
        at::cross_entropy_loss(logits, labels, {}, at::Reduction::Sum, kIgnoredLabel);
    at::Tensor loss = ce;
    HeadLoss result;
    if (!input.teacher.empty()) {
        const at::Tensor kl = bucketKl(logits, input.teacher, options.temperature, scored);
        loss = ce * (1 - options.alpha) +
               kl * (options.alpha * options.temperature * options.temperature);
        result.kl = kl.item<double>();
    }
    (loss / options.tokens).backward();
    headGradient.add_(head.grad());
    result.ce = ce.item<double>();
    result.scored = scored.sum().item<std::int64_t>();
    result.hiddenGradient = hidden.grad();
    return result;
}

}  // namespace skd
