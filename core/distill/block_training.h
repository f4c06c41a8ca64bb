#pragma once

#include "distill/adamw.h"
#include "distill/residual_stream.h"
#include "spec/refine_spec.h"

namespace skd {

/// Learning rate of step `step` (from 0) of `steps` that a block is trained: a linear rise over a
/// tenth of them (at least one) to `peak`, then half a cosine that ends at a tenth of it.
double refineRateAt(std::int64_t step, std::int64_t steps, double peak);

/// What one block is trained on.
struct BlockData {
    const ResidualStream& inputs;         ///< before the block, past the refined blocks before it
    const ResidualStream& teacherInputs;  ///< past the uncut blocks before it; read by lillama
    const ResidualStream& targets;        ///< after the uncut block
    double variance = 1;                  ///< of the targets
};

/// Trains one decoder block by itself, all its weights, norms and attention included
/// (resources/help/method.md, Block refinement). Weights that the student holds in another type
/// than it computes in are trained as a copy in that type. AdamW with decay 0.01, clipped at 1.
class BlockTraining {
public:
    /// Layer `layer` of `student`, which must outlive this and whose weights this changes.
    BlockTraining(const Decoder& student, std::size_t layer, RefineLoss loss);
    ~BlockTraining();
    BlockTraining(const BlockTraining&) = delete;
    BlockTraining& operator=(const BlockTraining&) = delete;

    /// Mean loss over the text of `samples`; its gradients are left in the optimiser. `group`
    /// samples pass the block at a time.
    double gradients(const BlockData& data, std::span<const std::int64_t> samples,
                     std::int64_t group);
    /// Clips, takes an optimiser step, forgets the gradients. False, with no step taken, where the
    /// gradient is not finite.
    bool apply(double learningRate);

    [[nodiscard]] AdamW& optimiser() { return m_optimiser; }
    /// Gives the student the trained weights, rounded to how it holds them.
    void store();
    /// Gives the student the weights it had at first.
    void restore();

private:
    [[nodiscard]] at::Tensor lossSum(const at::Tensor& input, const at::Tensor& target,
                                     const at::Tensor& mask, double variance) const;
    std::vector<NamedTensor> m_held;   ///< the student's own
    std::vector<at::Tensor> m_before;  ///< copies of them
    Decoder m_block;                   ///< the one layer, as it is trained
    RefineLoss m_loss;
    AdamW m_optimiser;
};

/// Parameters of one layer in the order of Decoder::visitParameters, each name once; they share
/// storage with the model.
std::vector<NamedTensor> layerParameters(const Decoder& model, std::size_t layer);

}  // namespace skd
