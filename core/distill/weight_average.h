#pragma once

#include "distill/adamw.h"

namespace skd {

/// Mean, in f32, of an optimiser's weights over the steps after which it was asked to add them
/// (resources/help/method.md, Averaged weights; Izmailov et al. 2018, arXiv 1803.05407). Four bytes
/// per parameter from the first of these on. Update: mean += (weights - mean) / count; the same
/// bits with any number of threads.
class WeightAverage {
public:
    /// `optimiser` must outlive it.
    explicit WeightAverage(const AdamW& optimiser) : m_optimiser(optimiser) {}

    /// Adds the weights as they are now.
    void add();
    /// How many were added.
    [[nodiscard]] std::int64_t count() const { return m_count; }

    /// Gives the live weights the mean's values (rounded where they are bf16); nothing before the
    /// first add(). No step may be taken until hide().
    void show() { exchange(true); }
    /// Takes them back: the live weights and the optimiser's are what they were, bit for bit.
    void hide() { exchange(false); }

    /// NAME.average of every parameter; empty before the first add().
    [[nodiscard]] std::vector<NamedTensor> state() const;
    /// Copies `state` (every tensor of state(), others are ignored) as the mean of `count` weights.
    /// Corrupt, naming the first tensor that is missing or of another shape.
    Status restore(const std::vector<NamedTensor>& state, std::int64_t count);

private:
    /// Weights that are their own masters change places with the means; others take the mean's
    /// values, or their master's again.
    void exchange(bool shown);
    const AdamW& m_optimiser;
    std::vector<at::Tensor> m_means;
    std::int64_t m_count = 0;
};

/// Shows an average while it lives.
class ShownAverage {
public:
    explicit ShownAverage(WeightAverage& average) : m_average(average) { m_average.show(); }
    ~ShownAverage() { m_average.hide(); }
    ShownAverage(const ShownAverage&) = delete;
    ShownAverage& operator=(const ShownAverage&) = delete;

private:
    WeightAverage& m_average;
};

}  // namespace skd
