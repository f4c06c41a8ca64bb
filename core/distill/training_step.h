#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/kept_memory.h"
#include "distill/adamw.h"
#include "distill/elastic/elastic_sizes.h"
#include "distill/elastic/size_conflict.h"
#include "distill/parallel/training_team.h"
#include "distill/teacher_signal.h"

namespace skd {

/// Mean losses and gradient norms of one optimiser step's samples.
struct WindowLoss {
    double ce = 0, kl = 0;  ///< nats per scored token
    double loss = 0;  ///< (1 - alpha) ce + alpha T^2 kl, of an elastic student by size's weight
    double gradientNorm = 0;                  ///< over all parameters, before clipping
    double ceLogitNorm = 0, klLogitNorm = 0;  ///< of the two parts of the logits' gradient
    std::int64_t tokens = 0;                  ///< scored
    bool cancelled = false;                   ///< in between; there are no gradients
    std::vector<SizedLoss> sizes;             ///< of an elastic student's passes, in their order
    /// SizeConflict::cosine, in the steps that measure it
    std::optional<double> sizeCosine;
    [[nodiscard]] bool isFinite() const;
};
/// Its losses and norm in words.
std::string describe(const WindowLoss& loss);

/// What takes part in a training step beside the student; all of it must outlive the step.
struct StepPartners {
    // NOLINTNEXTLINE(google-explicit-constructor): most steps have sizes or nothing
    StepPartners(ElasticSizes* ofStudent = nullptr, Communicator* together = nullptr)
        : sizes(ofStudent), devices(together) {}
    ElasticSizes* sizes;    ///< of an elastic student; its slots are the samples of a step
    Communicator* devices;  ///< processes that share the samples; null: this one alone
};

/// Forward and backward passes of a student over samples of a corpus, with its optimiser. While it
/// lives the student's parameters take part in autograd. Embedding and head are excluded from
/// autograd: their gradients go straight into the optimiser's f32 sums. Losses are f64 sums in the
/// order of the samples; another micro-batch may change their last bits and the gradients'.
///
/// With `sizes` each sample of a step is trained at the size of its slot: a forward pass takes
/// samples of one profile alone, and a sample's loss counts by its size's weight. A smaller
/// micro-batch changes no slot's size.
///
/// With other processes each takes its share of a step's samples, those that follow each other;
/// losses and gradients are sums over all of them, the same bits in each. Masters and moments of
/// f32 are sharded by rows of the parameters (RowShares).
class TrainingStep {
public:
    TrainingStep(Decoder& student, const Corpus& corpus, TeacherSignal teacher,
                 const DistillSpec& spec, const StepPartners& partners = {});
    ~TrainingStep();
    TrainingStep(const TrainingStep&) = delete;
    TrainingStep& operator=(const TrainingStep&) = delete;

    /// Says which step the next gradients are of: it decides an elastic student's sizes, and
    /// nothing else.
    void begin(std::int64_t step);
    /// Gradients of the mean loss over `samples`, left in the optimiser. Looks between
    /// micro-batches whether the context is cancelled. When memory runs out, begins again with half
    /// the micro-batch, logs a warning and keeps to it; OutOfMemory, with the numbers, when one
    /// sample is too much, or others wait for gradients of which they have a part already. Together
    /// with other processes it is not cut short.
    Result<WindowLoss> gradients(std::span<const std::int64_t> samples,
                                 const RunContext& context = {});
    /// Clips, takes an optimiser step at `learningRate`. Fails only where another process is lost.
    Status apply(const WindowLoss& loss, double learningRate);

    [[nodiscard]] const TrainingTeam& team() const { return m_team; }
    /// Which rows each process updates; empty: every one updates all.
    [[nodiscard]] const RowShares& shares() const { return m_shares; }
    /// After this process has changed its rows of the weights: all rows to all.
    Status shareWeights() { return m_team.shareWeights(m_optimiser, m_shares); }

    [[nodiscard]] AdamW& optimiser() { return m_optimiser; }
    /// Samples of one forward pass.
    [[nodiscard]] std::int64_t microBatch() const { return m_microBatch; }
    void setMicroBatch(std::int64_t samples) { m_microBatch = samples; }

private:
    /// A forward pass over samples that follow each other.
    struct Pass {
        std::size_t first = 0, samples = 0;
        double weight = 1;  ///< of its loss
    };
    [[nodiscard]] Pass passFrom(std::size_t first, std::size_t samples) const;
    /// Gives an elastic student the size of a pass.
    Status takeSize(const Pass& pass);
    Result<WindowLoss> window(std::span<const std::int64_t> samples, const RunContext& context);
    /// `tokens`: what the loss is divided by.
    Result<HeadLoss> microStep(std::span<const std::int64_t> samples, double tokens);
    /// The same, with what is measured of sizes.
    Result<HeadLoss> sizedStep(const Pass& pass, std::span<const std::int64_t> samples,
                               double tokens);
    [[nodiscard]] bool measuresConflict(const Pass& pass) const;
    Status backOff(const std::string& problem, const RunContext& context);
    /// What the head reads of `samples`, and `ids` with it, where the student is.
    [[nodiscard]] Result<HeadInput> headInput(std::span<const std::int64_t> samples,
                                              at::Tensor& ids) const;
    /// Gradient's norm and losses; on a device all in one copy.
    Status conclude(WindowLoss& window, std::span<const std::int64_t> samples,
                    const std::vector<std::pair<Pass, HeadLoss>>& passes) const;
    /// Brings the sums of the passes to the host, with the gradient's norm and the sizes' cosine.
    std::vector<HeadRowLoss> figures(WindowLoss& window,
                                     const std::vector<std::pair<Pass, HeadLoss>>& passes) const;
    [[nodiscard]] std::int64_t scoredTokens(std::int64_t sample) const;
    /// Forward and back from `input`, what enters the first layer; `head` gives the gradient at the
    /// final hidden states, [tokens, d] each.
    using HeadPass = std::function<at::Tensor(const at::Tensor& hidden)>;
    void backPropagate(const at::Tensor& input, const HeadPass& head);
    /// The same from `stream`, what leaves the last layer.
    void backPropagateHead(const at::Tensor& stream, const HeadPass& head);
    /// The same bits with only the layers' inputs kept: each layer runs again on the way back.
    void backPropagateByLayer(const at::Tensor& input, const HeadPass& head);
    void addEmbeddingGradient(const at::Tensor& ids, const at::Tensor& gradient);

    KeptMemory m_memory;
    Decoder& m_student;
    const Corpus& m_corpus;
    TeacherSignal m_teacher;
    const DistillSpec& m_spec;
    TrainingTeam m_team;
    RowShares m_shares;
    AdamW m_optimiser;
    std::unique_ptr<GradientExchange> m_exchange;  ///< null: alone
    std::size_t m_embeddingIndex = 0, m_headIndex = 0;
    std::int64_t m_microBatch = 1;
    ElasticSizes* m_sizes;  ///< null: the student has one size
    SizeConflict m_conflict;
    std::optional<std::size_t> m_conflictSlot;  ///< of the pass that it measures
};

/// Test hook: called in every micro-step, when a part of its gradients is there, with its number of
/// samples; true stands for an allocation that fails. Null in the product.
using MemoryFault = std::function<bool(std::int64_t samples)>;
void setMemoryFaultForTesting(MemoryFault fault);

/// Sample number at `position` of training (step * batch + i): epoch after epoch, each a
/// permutation of the corpus that depends on (seed, epoch) alone.
class SampleOrder {
public:
    SampleOrder(std::int64_t samples, std::uint64_t seed) : m_samples(samples), m_seed(seed) {}
    std::int64_t at(std::int64_t position);
    /// Those of `count` positions from `position` on.
    std::vector<std::int64_t> from(std::int64_t position, std::int64_t count);

private:
    std::int64_t m_samples;
    std::uint64_t m_seed;
    std::int64_t m_epoch = -1;
    std::vector<std::uint32_t> m_order;
};

}  // namespace skd
