#pragma once

#include <ATen/ATen.h>

#include "kernels/head_kernels.h"
#include "model/head_scoring.h"

namespace skd {

/// Cached teacher probabilities of N tokens: the k largest, or tokens drawn from them (for
/// KdLoss::Sampled).
struct TeacherRows {
    at::Tensor ids;  ///< [N, k] int32, distinct within a row
    /// [N, k] f32, at temperature 1; of draws: log(count / draws), -inf in the unused rest of a row
    at::Tensor logProbabilities;
    /// [N] f32, log sum over the vocabulary of p^(1/T) at the loss's T; of draws: sum p log p at T
    at::Tensor logZ;

    [[nodiscard]] bool empty() const { return !ids.defined() || ids.numel() == 0; }
    [[nodiscard]] TeacherRows narrow(std::int64_t begin, std::int64_t count) const;
};

struct HeadLossOptions {
    double alpha = 0.5;        ///< weight of the KL part; the cross-entropy has 1 - alpha
    double temperature = 2.0;  ///< of teacher and student in the KL part
    /// Tokens that the loss is a mean over: those of the whole accumulation window.
    double tokens = 1;
    KdLoss loss = KdLoss::Bucket;
    std::int64_t chunk = kHeadChunk;  ///< rows of logits that exist at a time
};

/// Sums over the scored tokens, in nats, unweighted; the gradient is that of
/// ((1 - alpha) ce + alpha T^2 kl) / tokens.
struct HeadLoss : HeadRowLoss {
    std::int64_t scored = 0;
    at::Tensor hiddenGradient;  ///< [N, d], as `hidden`
    /// [4] f64: the sums in their order, where they were left on a device (device/device_head.h).
    at::Tensor sums;

    HeadLoss& operator+=(const HeadLoss& other);
};

/// What the head is trained on: `hidden` [N, d] after the final norm (bf16 or f32), `head` [V, d],
/// `labels` [N] int64 (kIgnoredLabel leaves a token out of both parts).
struct HeadInput {
    at::Tensor hidden, head, labels;
    TeacherRows teacher;                    ///< of the cached losses
    at::Tensor teacherHidden, teacherHead;  ///< of the online loss: [N, d'] and [V, d']

    [[nodiscard]] bool isOnline() const { return teacherHidden.defined(); }
    /// False: cross-entropy alone.
    [[nodiscard]] bool hasTeacher() const { return isOnline() || !teacher.empty(); }
    /// The same for tokens [begin, begin + count).
    [[nodiscard]] HeadInput narrow(std::int64_t begin, std::int64_t count) const;
};

/// Loss and gradients of the head without autograd (resources/help/method.md, The loss): per chunk
/// one GEMM, one pass over each row of logits that leaves the gradient in their place, two GEMMs.
/// Adds the head's gradient to `headGradient` [V, d] f32. The KL part is options.loss
/// (head_kernels.h has the formulas); online, the teacher's logits exist for a chunk too, rounded
/// to the student's type. Sums are f64 in row order, hence independent of threads and chunks.
/// Throws c10::Error when labels or teacher ids lie outside the vocabulary, which is looked at
/// where they are on the host. On another device by device/device_head.h.
HeadLoss headLoss(const HeadInput& input, const HeadLossOptions& options, at::Tensor& headGradient);

/// Throws c10::Error when labels or teacher ids, on the host, lie outside the vocabulary.
void checkHeadIds(const HeadInput& input);

/// The same by autograd over f32 logits, whole: tests, and the benchmark's baseline.
/// Norms of the parts are left at 0.
HeadLoss headLossReference(const HeadInput& input, const HeadLossOptions& options,
                           at::Tensor& headGradient);

}  // namespace skd
