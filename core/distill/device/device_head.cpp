#include "distill/device/device_head.h"

#include <c10/core/GradMode.h>

#include "model/gemm.h"

namespace skd::device {
namespace {

/// Smallest mass a student's tail is taken for, as in head_kernels.cpp.
constexpr double kSmallestRest = 1e-30;

/// The KL part of rows of logits: losses and gradient with respect to logits / T.
struct KlPart {
    at::Tensor kl;      ///< [rows]
    at::Tensor dense;   ///< [rows, vocabulary]; undefined: the gradient is that of the entries
    at::Tensor factor;  ///< [rows, 1] on `dense`; undefined = 1
    at::Tensor ids, entries;  ///< [rows, k]: what is added at these ids; undefined: nothing
    at::Tensor squares;       ///< [rows] of the whole gradient
};

at::Tensor rowSquares(const at::Tensor& rows) {
    return at::linalg_vector_norm(rows, 2, at::IntArrayRef{1}).square_();
}

at::Tensor logTarget(const TeacherRows& teacher, const HeadLossOptions& options) {
    if (options.loss == KdLoss::Sampled) return teacher.logProbabilities;
    const at::Tensor tempered = teacher.logProbabilities / options.temperature;
    return options.loss == KdLoss::Bucket ? tempered - teacher.logZ.unsqueeze(1)
                                          : at::log_softmax(tempered, 1);
}

KlPart conditionalKl(const at::Tensor& logits, const TeacherRows& teacher,
                     const HeadLossOptions& options) {
    const at::Tensor ids = teacher.ids.to(at::kLong), logP = logTarget(teacher, options),
                     logQ = at::log_softmax(logits.gather(1, ids) / options.temperature, 1);
    const at::Tensor p = logP.exp(), entries = logQ.exp() - p;
    return {(p * (logP - logQ)).sum(1), {}, {}, ids, entries, entries.square().sum(1)};
}

/// Where the student's whole distribution counts.
KlPart cachedKl(const at::Tensor& logits, const TeacherRows& teacher,
                const HeadLossOptions& options) {
    const at::Tensor ids = teacher.ids.to(at::kLong), logP = logTarget(teacher, options),
                     p = logP.exp();
    at::Tensor dense = at::log_softmax(logits / options.temperature, 1);
    const at::Tensor logQ = dense.gather(1, ids), q = logQ.exp();
    dense.exp_();
    if (options.loss == KdLoss::Sampled)
        return {teacher.logZ - (p * logQ).sum(1),
                dense,
                {},
                ids,
                -p,
                rowSquares(dense).add_((p * (p - 2 * q)).sum(1)).clamp_min_(0)};
    const at::Tensor kl = (p * (logP - logQ)).sum(1);
    if (options.loss == KdLoss::Renormalised)
        return {kl,  dense, {},
                ids, -p,    rowSquares(dense).add_((p * (p - 2 * q)).sum(1)).clamp_min_(0)};
    // The tail is summed without the entries: as 1 - sum it would be rounding errors.
    dense.scatter_(1, ids, 0.0);
    const at::Tensor tail = (1 - p.sum(1)).clamp_min_(0),
                     ratio = tail / dense.sum(1).clamp_min_(kSmallestRest);
    const at::Tensor factor = (1 - ratio).unsqueeze(1), entries = q - p;
    return {kl + at::xlogy(tail, ratio), dense, factor, ids, entries,
            // The factor alone may be too large to be squared; the product is at most 1.
            (at::linalg_vector_norm(dense, 2, {1}) * factor.squeeze(1)).square() +
                entries.square().sum(1)};
}

KlPart onlineKl(const at::Tensor& logits, const HeadInput& input, const HeadLossOptions& options) {
    const at::Tensor teacher =
        gemm(input.teacherHidden, input.teacherHead.t()).to(input.hidden.scalar_type());
    const at::Tensor logP = at::log_softmax(teacher.to(at::kFloat) / options.temperature, 1);
    at::Tensor dense = at::log_softmax(logits / options.temperature, 1);
    const at::Tensor p = logP.exp(), kl = (p * (logP - dense)).sum(1);
    dense.exp_().sub_(p);
    return {kl, dense, {}, {}, {}, rowSquares(dense)};
}

KlPart klOf(const at::Tensor& logits, const HeadInput& input, const HeadLossOptions& options) {
    if (input.isOnline()) return onlineKl(logits, input, options);
    return options.loss == KdLoss::Conditional ? conditionalKl(logits, input.teacher, options)
                                               : cachedKl(logits, input.teacher, options);
}

/// Factors on the gradients of the two parts.
struct PartWeights {
    double ce = 1, kl = 0;
};

PartWeights weightsOf(const HeadInput& input, const HeadLossOptions& options) {
    if (!input.hasTeacher()) return {1 / options.tokens, 0};
    return {(1 - options.alpha) / options.tokens,
            options.alpha * options.temperature / options.tokens};
}

/// gradient += the KL part's, for rows whose `mask` [rows, 1] is 1.
void addKl(at::Tensor& gradient, const KlPart& part, const at::Tensor& mask, double weight) {
    const at::Tensor factor = mask * weight;
    if (part.dense.defined())
        gradient.addcmul_(part.dense, part.factor.defined() ? factor * part.factor : factor);
    if (part.entries.defined()) gradient.scatter_add_(1, part.ids, part.entries * factor);
}

struct ChunkLoss {
    at::Tensor sums;      ///< [4] f64, as HeadLoss::sums
    at::Tensor gradient;  ///< [rows, vocabulary] f32
};

ChunkLoss chunkLoss(const at::Tensor& rounded, const HeadInput& input,
                    const HeadLossOptions& options) {
    const PartWeights weights = weightsOf(input, options);
    const at::Tensor logits = rounded.to(at::kFloat),
                     mask = input.labels.ne(kIgnoredLabel).to(at::kFloat).unsqueeze(1),
                     labels = input.labels.clamp_min(0).unsqueeze(1);
    const KlPart part = input.hasTeacher() ? klOf(logits, input, options) : KlPart{};
    at::Tensor gradient = at::log_softmax(logits, 1);
    const at::Tensor logLabel = gradient.gather(1, labels).squeeze(1);
    gradient.exp_();
    const at::Tensor squares =
        (rowSquares(gradient) + (1 - 2 * logLabel.exp())) * (weights.ce * weights.ce);
    gradient.mul_(mask * weights.ce).scatter_add_(1, labels, mask * -weights.ce);
    std::vector<at::Tensor> sums{-logLabel, at::zeros_like(logLabel), squares,
                                 at::zeros_like(logLabel)};
    if (part.kl.defined()) {
        addKl(gradient, part, mask, weights.kl);
        sums[1] = part.kl;
        sums[3] = part.squares * (weights.kl * weights.kl);
    }
    return {(at::stack(sums) * mask.squeeze(1)).sum({1}, false, at::kDouble), gradient};
}

}  // namespace

HeadLoss headLoss(const HeadInput& input, const HeadLossOptions& options,
                  at::Tensor& headGradient) {
    const c10::AutoGradMode noGradient(false);
    HeadLoss total;
    total.sums = at::zeros({4}, input.hidden.options().dtype(at::kDouble));
    total.hiddenGradient = at::empty(input.hidden.sizes(), input.hidden.options());
    visitLogits(input.hidden, input.head, options.chunk,
                [&](std::int64_t begin, const at::Tensor& logits) {
                    const HeadInput rows = input.narrow(begin, logits.size(0));
                    const ChunkLoss loss = chunkLoss(logits, rows, options);
                    const at::Tensor gradient = loss.gradient.to(input.head.scalar_type());
                    at::Tensor target = total.hiddenGradient.narrow(0, begin, logits.size(0));
                    gemmInto(target, gradient, input.head);
                    if (headGradient.scalar_type() == gradient.scalar_type())
                        headGradient.addmm_(gradient.t(), rows.hidden);
                    else
                        headGradient.add_(at::mm(gradient.t(), rows.hidden));
                    total.sums.add_(loss.sums);
                });
    return total;
}

}  // namespace skd::device
