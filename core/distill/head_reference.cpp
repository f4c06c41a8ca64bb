#include <c10/core/GradMode.h>

#include "distill/fused_head.h"
#include "model/gemm.h"

namespace skd {
namespace {

/// Smallest mass whose logarithm is taken.
constexpr double kSmallestTail = 1e-9;

struct Scored {
    at::Tensor logits, mask;  ///< [N, V], [N]: 1 where a token counts
};

at::Tensor sumOver(const Scored& rows, const at::Tensor& values) {
    return (values * rows.mask).sum();
}

/// log p of the entries at T, as the loss takes them.
at::Tensor targetLog(const TeacherRows& teacher, const HeadLossOptions& options) {
    if (options.loss == KdLoss::Sampled) return teacher.logProbabilities;
    const at::Tensor tempered = teacher.logProbabilities / options.temperature;
    return options.loss == KdLoss::Bucket ? tempered - teacher.logZ.unsqueeze(1)
                                          : at::log_softmax(tempered, 1);
}

at::Tensor cachedKl(const Scored& rows, const TeacherRows& teacher,
                    const HeadLossOptions& options) {
    const at::Tensor logP = targetLog(teacher, options).to(rows.logits.device()), p = logP.exp();
    const at::Tensor ids = teacher.ids.to(rows.logits.device(), at::kLong);
    const at::Tensor tempered = rows.logits / options.temperature;
    if (options.loss == KdLoss::Conditional)
        return sumOver(rows, (p * (logP - at::log_softmax(tempered.gather(1, ids), 1))).sum(1));
    const at::Tensor logQ = at::log_softmax(tempered, 1).gather(1, ids);
    if (options.loss == KdLoss::Sampled)
        return sumOver(rows, teacher.logZ.to(logQ.device()) - (p * logQ).sum(1));
    const at::Tensor entries = (p * (logP - logQ)).sum(1);
    if (options.loss == KdLoss::Renormalised) return sumOver(rows, entries);
    const at::Tensor tailP = (1 - p.sum(1)).clamp_min(kSmallestTail);
    const at::Tensor tailQ = (1 - logQ.exp().sum(1)).clamp_min(kSmallestTail);
    return sumOver(rows, entries + tailP * (tailP.log() - tailQ.log()));
}

at::Tensor onlineKl(const Scored& rows, const HeadInput& input, const HeadLossOptions& options) {
    const at::Tensor teacher = gemm(input.teacherHidden, input.teacherHead.t()).to(at::kFloat);
    const at::Tensor logP = at::log_softmax(teacher / options.temperature, 1).detach(),
                     logQ = at::log_softmax(rows.logits / options.temperature, 1);
    return sumOver(rows, (logP.exp() * (logP - logQ)).sum(1));
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
    if (input.hasTeacher()) {
        const Scored rows{logits, scored};
        const at::Tensor kl = input.isOnline() ? onlineKl(rows, input, options)
                                               : cachedKl(rows, input.teacher, options);
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
