#include "distill/residual_stream.h"

#include <c10/core/GradMode.h>

#include <algorithm>

namespace skd {
namespace {

at::Tensor idsOf(const Corpus& corpus, std::int64_t sample) {
    at::Tensor ids = at::empty({1, corpus.sequenceLength()}, at::kLong);
    std::copy_n(corpus.sample(sample).begin(), corpus.sequenceLength(),
                ids.mutable_data_ptr<std::int64_t>());
    return ids;
}

/// Positions of a sample that are text, [length, width] in f64.
at::Tensor textRows(const ResidualStream& stream, std::int64_t sample) {
    return stream.state(sample)[0].narrow(0, 0, stream.length(sample)).to(at::kDouble);
}

double entriesOf(const ResidualStream& stream) {
    std::int64_t tokens = 0;
    for (std::int64_t i = 0; i < stream.size(); ++i) tokens += stream.length(i);
    return static_cast<double>(std::max<std::int64_t>(1, tokens * stream.width()));
}

}  // namespace

ResidualStream::ResidualStream(const Decoder& model, const Corpus& corpus,
                               const std::vector<std::int64_t>& samples, std::int64_t group)
    : m_group(group) {
    const c10::NoGradGuard noGradient;
    for (const std::int64_t sample : samples) {
        m_states.push_back(model.embed(idsOf(corpus, sample).to(model.device())));
        m_lengths.push_back(corpus.length(sample));
    }
}

void ResidualStream::advance(const Decoder& model, std::size_t begin, std::size_t end) {
    const c10::NoGradGuard noGradient;
    const auto group = static_cast<std::size_t>(m_group);
    for (std::size_t first = 0; first < m_states.size(); first += group) {
        const std::size_t count = std::min(group, m_states.size() - first);
        const auto from = m_states.begin() + static_cast<std::ptrdiff_t>(first);
        const at::Tensor moved = model.runLayers(
            at::cat(std::vector<at::Tensor>(from, from + static_cast<std::ptrdiff_t>(count))),
            begin, end);
        for (std::size_t i = 0; i < count; ++i)
            m_states[first + i] = moved.narrow(0, static_cast<std::int64_t>(i), 1);
    }
}

at::Tensor ResidualStream::batch(std::span<const std::int64_t> samples) const {
    std::vector<at::Tensor> states;
    for (const std::int64_t sample : samples) states.push_back(state(sample));
    return at::cat(states);
}

at::Tensor ResidualStream::mask(std::span<const std::int64_t> samples) const {
    at::Tensor mask = at::zeros({static_cast<std::int64_t>(samples.size()), state(0).size(1)});
    for (std::size_t i = 0; i < samples.size(); ++i)
        mask[static_cast<std::int64_t>(i)].narrow(0, 0, length(samples[i])).fill_(1);
    return mask.to(state(0).device());
}

double varianceOf(const ResidualStream& stream) {
    const c10::NoGradGuard noGradient;
    const double entries = entriesOf(stream);
    double sum = 0, squares = 0;
    for (std::int64_t i = 0; i < stream.size(); ++i)
        sum += textRows(stream, i).sum().item<double>();
    for (std::int64_t i = 0; i < stream.size(); ++i)
        squares += (textRows(stream, i) - sum / entries).pow(2).sum().item<double>();
    return squares / entries;
}

double relativeError(const ResidualStream& stream, const ResidualStream& target, double variance) {
    const c10::NoGradGuard noGradient;
    double squares = 0;
    for (std::int64_t i = 0; i < stream.size(); ++i)
        squares += (textRows(stream, i) - textRows(target, i)).pow(2).sum().item<double>();
    return squares == 0 ? 0 : squares / entriesOf(stream) / variance;
}

}  // namespace skd
