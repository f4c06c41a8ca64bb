#pragma once

#include "corpus/corpus.h"
#include "model/decoder.h"

namespace skd {

/// The residual stream of some samples on its way through a decoder, in the type of its
/// arithmetic: only what stands before one layer is held. Copies share it until they advance.
class ResidualStream {
public:
    ResidualStream() = default;
    /// Before the first layer of `model`; `group` samples pass a layer at a time.
    ResidualStream(const Decoder& model, const Corpus& corpus,
                   const std::vector<std::int64_t>& samples, std::int64_t group);

    /// Moves it past layers [begin, end) of `model`.
    void advance(const Decoder& model, std::size_t begin, std::size_t end);

    /// Number of samples.
    [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(m_states.size()); }
    /// Tokens of a sample that are text.
    [[nodiscard]] std::int64_t length(std::int64_t sample) const {
        return m_lengths[static_cast<std::size_t>(sample)];
    }
    [[nodiscard]] std::int64_t width() const { return m_states.front().size(-1); }
    /// [1, sequence length, width]; positions after the sample's length are padding.
    [[nodiscard]] const at::Tensor& state(std::int64_t sample) const {
        return m_states[static_cast<std::size_t>(sample)];
    }
    /// States of some samples, [samples, sequence length, width].
    [[nodiscard]] at::Tensor batch(std::span<const std::int64_t> samples) const;
    /// [samples, sequence length] of f32: 1 where there is text, 0 at padding.
    [[nodiscard]] at::Tensor mask(std::span<const std::int64_t> samples) const;

private:
    std::vector<at::Tensor> m_states;
    std::vector<std::int64_t> m_lengths;
    std::int64_t m_group = 1;
};

/// Variance of a stream's entries over positions that are text, in f64.
double varianceOf(const ResidualStream& stream);
/// Mean square of the difference of two streams over `variance`: 0 where they are equal, 1 where
/// `stream` is as good as the target's mean. In f64, in the order of the samples.
double relativeError(const ResidualStream& stream, const ResidualStream& target, double variance);

}  // namespace skd
