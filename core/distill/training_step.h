#pragma once

#include <span>
#include <vector>

#include "distill/adamw.h"
#include "distill/fused_head.h"
#include "distill/teacher_cache.h"
#include "model/decoder.h"
#include "spec/distill_spec.h"
#include "text/corpus.h"

namespace skd {

/// Mean losses and gradient norms of one optimiser step's samples.
struct WindowLoss {
    double ce = 0, kl = 0;                    ///< nats per scored token
    double loss = 0;                          ///< (1 - alpha) ce + alpha T^2 kl
    double gradientNorm = 0;                  ///< over all parameters, before clipping
    double ceLogitNorm = 0, klLogitNorm = 0;  ///< of the two parts of the logits' gradient
    std::int64_t tokens = 0;                  ///< scored
    [[nodiscard]] bool isFinite() const;
};

/// Forward and backward passes of a student over samples of a corpus, with its optimiser. While it
/// lives the student's parameters take part in autograd. Embedding and head are left out of
/// autograd: their gradients go straight into the optimiser's f32 sums.
class TrainingStep {
public:
    TrainingStep(Decoder& student, const Corpus& corpus, const TeacherCache& cache,
                 const DistillSpec& spec);
    ~TrainingStep();
    TrainingStep(const TrainingStep&) = delete;
    TrainingStep& operator=(const TrainingStep&) = delete;

    /// Gradients of the mean loss over `samples`, left in the optimiser.
    Result<WindowLoss> gradients(std::span<const std::int64_t> samples);
    /// Clips, takes an optimiser step at `learningRate`.
    void apply(const WindowLoss& loss, double learningRate);

    [[nodiscard]] AdamW& optimiser() { return m_optimiser; }
    /// Samples of one forward pass.
    [[nodiscard]] std::int64_t microBatch() const { return m_microBatch; }

private:
    Result<HeadLoss> microStep(std::span<const std::int64_t> samples, double tokens);
    [[nodiscard]] Result<HeadInput> headInput(std::span<const std::int64_t> samples) const;
    [[nodiscard]] std::int64_t scoredTokens(std::int64_t sample) const;
    void addEmbeddingGradient(const at::Tensor& ids, const at::Tensor& gradient);

    Decoder& m_student;
    const Corpus& m_corpus;
    const TeacherCache& m_cache;
    const DistillSpec& m_spec;
    AdamW m_optimiser;
    std::size_t m_embeddingIndex = 0, m_headIndex = 0;
    std::int64_t m_microBatch = 1;
};

/// Sample number at `position` of training (step * batch + i): epoch after epoch, each a
/// permutation of the corpus that depends on (seed, epoch) alone.
class SampleOrder {
public:
    SampleOrder(std::int64_t samples, std::uint64_t seed) : m_samples(samples), m_seed(seed) {}
    std::int64_t at(std::int64_t position);

private:
    std::int64_t m_samples;
    std::uint64_t m_seed;
    std::int64_t m_epoch = -1;
    std::vector<std::uint32_t> m_order;
};

}  // namespace skd
