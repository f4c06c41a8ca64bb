#pragma once

#include "distill/adamw.h"
#include "spec/distill_spec.h"

namespace skd {

/// What an AdamW step of all parameters reads and changes, side by side: gradients and live weights
/// in bf16 or f32, masters in f32; a live weight of f32 is its own master.
struct AdamWStep {
    std::vector<at::Tensor> masters, gradients, lives;
    std::vector<double> rates, decays;  ///< of each
    AdamWOptions options;               ///< its rate and decay aside
    std::int64_t number = 1;            ///< from 1
};

/// AdamW's moments of all parameters in bf16 (4 bytes a parameter) or in 8 bits (2 bytes and a
/// scale for each 256 of them), as Dettmers et al. 2022 (arXiv 2110.02861) hold them in blocks.
/// Values are widened for 2^24 at a time, by ATen's operators on any device. Where a value lies
/// between two that can be held it becomes either, with the chance that makes their mean right: to
/// the nearest, a second moment that moves by a thousandth a step would stand still. The draws
/// follow from a value's place and the step, so that a resumed run has the same bits.
class ReducedMoments {
public:
    ReducedMoments(const std::vector<at::Tensor>& masters, MomentType type);

    void step(const AdamWStep& step);
    /// All at zero.
    void reset();
    /// NAME.exp_avg and NAME.exp_avg_sq of parameter `index`, and of 8 bits their .scale; they
    /// share storage with it.
    [[nodiscard]] std::vector<NamedTensor> state(std::size_t index, const std::string& name) const;

private:
    /// A moment of all parameters, each from a multiple of the block on.
    struct Moment {
        at::Tensor values, scales;  ///< scales: of 8 bits
    };
    struct Piece;
    void stepStretch(const AdamWStep& step, const std::vector<Piece>& pieces, std::int64_t begin,
                     std::int64_t count);
    [[nodiscard]] at::Tensor read(const Moment& moment, std::int64_t begin, std::int64_t count,
                                  bool isSigned) const;
    void write(Moment& moment, std::int64_t begin, const at::Tensor& values, std::int64_t draw,
               bool isSigned) const;

    MomentType m_type;
    std::vector<std::int64_t> m_begins;  ///< and the end of the last one
    std::vector<std::int64_t> m_sizes;
    Moment m_means, m_variances;
};

/// Values that share a scale.
constexpr std::int64_t kMomentBlock = 256;

/// Codes [n] uint8 and scales [n / kMomentBlock] f32, the largest magnitude of each block, of f32
/// `values` [n]. Signed: code 128 + q for sign(q) scale (q / 127)^2; else q for scale (q / 255)^4,
/// at least 1 where there is anything. A value is rounded up where its `draws` [n], in [0, 1), lies
/// below its share of the way to the next code's.
struct MomentCodes {
    at::Tensor codes, scales;
};
MomentCodes encodeMoments(const at::Tensor& values, const at::Tensor& draws, bool isSigned);
at::Tensor decodeMoments(const MomentCodes& codes, bool isSigned);
/// Values that bf16 holds, [n] bf16: up or down by the same draws.
at::Tensor roundedMoments(const at::Tensor& values, const at::Tensor& draws);
/// Draws of places [begin, begin + count) for round `draw`, f32 in [0, 1).
at::Tensor momentDraws(std::int64_t begin, std::int64_t count, std::int64_t draw,
                       at::Device device);

}  // namespace skd
