#pragma once

#include <ATen/ATen.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "distill/parallel/row_shares.h"
#include "model/named_tensor.h"
#include "spec/distill_spec.h"

namespace skd {

struct AdamWOptions {
    double learningRate = 5e-5, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
    double weightDecay =
        0.01;  ///< decoupled; tensors of one dimension (norms, biases) are not decayed
    double gradientScale = 1;  ///< factor on every gradient, e.g. of clipping
};

std::map<std::string, at::Tensor> byName(const std::vector<NamedTensor>& tensors);

class ReducedMoments;

/// AdamW with f32 masters, moments and gradient sums over live weights of bf16 (or f32, which are
/// then their own masters): 16 bytes per bf16 parameter, 20 where gradients are summed over
/// micro-batches. The same bits with any number of threads; those of another instruction set are
/// close.
class AdamW {
public:
    /// Takes the live weights' present values as masters; moments and gradients start at zero.
    /// With `shares`, one of each parameter, it updates these rows alone: masters, moments and
    /// state are of them, gradients of all.
    explicit AdamW(std::vector<NamedTensor> parameters, MomentType moments = MomentType::F32,
                   std::vector<RowShare> shares = {});
    ~AdamW();
    AdamW(AdamW&&) noexcept;
    AdamW& operator=(AdamW&&) noexcept;

    [[nodiscard]] std::size_t size() const { return m_slots.size(); }
    [[nodiscard]] const std::string& name(std::size_t index) const { return m_slots[index].name; }
    /// Weights in f32 that steps update; in f32 the live weights themselves.
    [[nodiscard]] const at::Tensor& master(std::size_t index) const {
        return m_slots[index].master;
    }
    [[nodiscard]] const at::Tensor& live(std::size_t index) const { return m_slots[index].own; }
    /// With all its rows.
    [[nodiscard]] const at::Tensor& whole(std::size_t index) const { return m_slots[index].live; }
    /// Factor of the learning rate, and so of the decay, for one parameter; 1 at first.
    void setRateFactor(std::size_t index, double factor) { m_slots[index].rateFactor = factor; }
    [[nodiscard]] double rateFactor(std::size_t index) const { return m_slots[index].rateFactor; }
    [[nodiscard]] std::int64_t stepCount() const { return m_step; }
    /// f32 sum of gradients since the last step; add to it.
    [[nodiscard]] at::Tensor& gradientSum(std::size_t index);
    /// Gives that sum its storage: f32, of the parameter's shape.
    void placeGradientSum(std::size_t index, at::Tensor storage) {
        m_slots[index].sum = std::move(storage);
    }
    /// Takes every live weight's autograd gradient: the first as it is, further ones into a sum.
    /// Gradients of f32 stay with their weights, where further passes add to them in place.
    void accumulate();
    /// The same of one, on the CPU.
    void accumulate(std::size_t index);
    /// Forgets all gradients, those that autograd has left with the weights too.
    void discardGradients();
    /// L2 norm over all gradients, in f64 and a fixed order.
    [[nodiscard]] double gradientNorm() const;
    /// Its square by multi-tensor operators, [1] f64 where the weights are.
    [[nodiscard]] at::Tensor gradientSquares() const;

    /// One update of every parameter; the gradients are gone afterwards.
    void step(const AdamWOptions& options);
    /// The same by multi-tensor operators (device/device_adamw.h): other devices, and tests.
    void stepTogether(const AdamWOptions& options);
    /// The same in ATen operators, parameter by parameter; tests.
    void stepReference(const AdamWOptions& options);

    /// Copies of the masters, in order.
    [[nodiscard]] std::vector<at::Tensor> masters() const;
    /// Begins again from `masters`: moments and steps at zero, no gradients.
    void restart(const std::vector<at::Tensor>& masters);

    /// NAME.master, NAME.exp_avg and NAME.exp_avg_sq of every parameter (of reduced moments as
    /// ReducedMoments::state has them); they share storage with it.
    [[nodiscard]] std::vector<NamedTensor> state() const;
    /// Copies `state` (every tensor of state(), same shapes) and the step count, then the live
    /// weights from the masters. The error names the first tensor that is missing or of another
    /// shape.
    Status restore(const std::vector<NamedTensor>& state, std::int64_t stepCount);

private:
    struct Slot {
        std::string name;
        at::Tensor live;
        at::Tensor own;  ///< the rows of it that are updated here; all: itself
        at::Tensor master, mean, variance;
        RowShare share;
        at::Tensor single;  ///< the only gradient so far, as autograd left it
        at::Tensor sum;     ///< f32 sum of gradients; made when a second one comes, or on request
        bool isSummed = false;  ///< false: what `sum` holds is of a past step
        double rateFactor = 1;
        [[nodiscard]] bool hasGradient() const { return single.defined() || isSummed; }
        [[nodiscard]] const at::Tensor& gradient() const { return single.defined() ? single : sum; }
        [[nodiscard]] at::Tensor ownGradient() const {
            return own.is_same(live) ? gradient() : share.of(gradient());
        }
    };
    void updateSlot(Slot& slot, const AdamWOptions& options) const;
    void accumulateTogether();
    void stepReduced(const AdamWOptions& options);
    [[nodiscard]] bool isOnDevice() const {
        return !m_slots.empty() && !m_slots.front().live.device().is_cpu();
    }

    std::vector<Slot> m_slots;
    std::unique_ptr<ReducedMoments> m_reduced;  ///< then slots have no moments; null in f32
    std::int64_t m_step = 0;
};

}  // namespace skd
