#pragma once

#include <array>
#include <optional>
#include <vector>

#include "model/decoder.h"

namespace skd {

/// Whether the largest and the smallest size of an elastic student pull the same way: the cosine
/// between their gradients, of one step, on the attention weights of the middle layer, which all
/// sizes share. One layer, so that it costs two copies of its attention weights and a pass over
/// them; it speaks for the layers around it.
class SizeConflict {
public:
    /// Steps between two measurements.
    static constexpr std::int64_t kInterval = 200;
    static bool isDue(std::int64_t step) { return step % kInterval == 0; }

    /// The weights of `student` as they are when each pass begins.
    void beforePass(Decoder& student);
    /// Keeps what the pass of slot 0 (the largest) or 1 (the smallest) has added; before the
    /// optimiser takes it.
    void afterPass(Decoder& student, std::size_t slot);

    /// [3] f64 where the weights are: the product of both gradients, and both squares. Undefined
    /// unless both were kept.
    [[nodiscard]] at::Tensor products() const;
    /// Of these products; NaN where a gradient is zero.
    static double cosine(const double* products);

private:
    std::vector<at::Tensor> m_before;  ///< undefined where a weight had none
    std::array<std::vector<at::Tensor>, 2> m_own;
};

}  // namespace skd
