#include "prune/svd/fisher.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "base/text.h"
#include "model/device_scoring.h"
#include "model/gemm.h"
#include "model/head_scoring.h"

namespace skd {
namespace {

constexpr std::uint64_t kLabelStream = 0x6669736865726c62ull;

/// Smallest index at which the cumulative sum of `p` passes `threshold` of its total.
std::int64_t drawIndex(const float* p, std::int64_t size, double uniform) {
    double total = 0;
    for (std::int64_t j = 0; j < size; ++j) total += static_cast<double>(p[j]);
    double left = uniform * total;
    for (std::int64_t j = 0; j < size; ++j) {
        left -= static_cast<double>(p[j]);
        if (left < 0) return j;
    }
    return size - 1;
}

/// The same for every row, where the probabilities are.
at::Tensor drawOnDevice(const at::Tensor& probabilities, const CounterRandom& random,
                        std::uint64_t first) {
    at::Tensor uniforms = at::empty({probabilities.size(0), 1}, at::kDouble);
    for (std::int64_t i = 0; i < uniforms.size(0); ++i)
        uniforms.mutable_data_ptr<double>()[i] =
            random.uniform(first + static_cast<std::uint64_t>(i));
    return device::drawIndices(probabilities, uniforms.to(probabilities.device())).squeeze(1);
}

at::Tensor drawLabels(const at::Tensor& probabilities, const CounterRandom& random,
                      std::uint64_t first) {
    if (!probabilities.is_cpu()) return drawOnDevice(probabilities, random, first);
    const at::Tensor host = probabilities.to(at::kCPU).contiguous();
    at::Tensor labels = at::empty({host.size(0)}, at::kLong);
    auto* out = labels.mutable_data_ptr<std::int64_t>();
    at::parallel_for(0, host.size(0), 8, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
            out[i] = drawIndex(host.const_data_ptr<float>() + i * host.size(1), host.size(1),
                               random.uniform(first + static_cast<std::uint64_t>(i)));
    });
    return labels;
}

/// Positions of a sequence that count.
struct KeptPositions {
    std::int64_t begin = 0, count = 0;

    KeptPositions(std::int64_t length, double edge, bool skipFirst) {
        const auto dropped =
            static_cast<std::int64_t>(std::floor(edge * static_cast<double>(length)));
        begin = std::max<std::int64_t>(dropped, skipFirst ? 1 : 0);
        count = length - dropped - begin;
    }
};

/// Rows [tokens, m] scaled to norms within a factor of their mean.
at::Tensor clippedRows(const at::Tensor& rows, double factor) {
    const at::Tensor norms = rows.norm(2, 1, true);
    if (!rows.is_cpu()) return rows * clippedFactors(norms, factor);
    const double mean = norms.mean().item<double>();
    if (!(mean > 0)) return rows;
    return rows * (norms.clamp(mean / factor, mean * factor) / norms.clamp_min(1e-30));
}

}  // namespace

at::Tensor clippedFactors(const at::Tensor& norms, double factor) {
    const at::Tensor mean = norms.mean();
    return at::minimum(at::maximum(norms, mean / factor), mean * factor) / norms.clamp_min(1e-30);
}

SampledGradient sampledGradient(const at::Tensor& hidden, const at::Tensor& head,
                                std::uint64_t seed, std::uint64_t first) {
    const CounterRandom random(seed, kLabelStream);
    SampledGradient result;
    std::vector<at::Tensor> labels, gradients;
    visitLogits(hidden, head, kHeadChunk, [&](std::int64_t begin, const at::Tensor& logits) {
        const c10::NoGradGuard noGradient;
        at::Tensor error = at::softmax(logits.to(at::kFloat), -1);
        const at::Tensor drawn =
            drawLabels(error, random, first + static_cast<std::uint64_t>(begin)).to(error.device());
        error.scatter_add_(1, drawn.unsqueeze(1),
                           at::full({error.size(0), 1}, -1.0, error.options()));
        labels.push_back(drawn);
        gradients.push_back(gemm(error.to(hidden.scalar_type()), head));
    });
    return {at::cat(labels), at::cat(gradients)};
}

FisherSums::FisherSums(const Decoder& model, const FisherOptions& options, std::uint64_t seed,
                       bool skipFirstPosition)
    : m_options(options),
      m_seed(seed),
      m_skipFirstPosition(skipFirstPosition),
      m_infos(model.matrixInfos(options.selection)),
      m_sums(m_infos.size()) {
    for (std::size_t i = 0; i < m_infos.size(); ++i) {
        const auto layer = static_cast<std::size_t>(m_infos[i].layer.value());
        if (options.layers.contains(layer)) m_places[{layer, m_infos[i].kind}] = i;
    }
}

void FisherSums::watch(std::size_t layer, MatrixKind kind, const at::Tensor& output) {
    const auto found = m_places.find({layer, kind});
    if (found == m_places.end()) return;
    // The first that is asked for starts the graph: what comes before has no gradient.
    if (!output.requires_grad()) output.requires_grad_();
    output.register_hook([this, place = found->second](const at::Tensor& gradient) {
        addOuterProduct(m_sums[place], gradient);
    });
}

void FisherSums::addOuterProduct(at::Tensor& sum, const at::Tensor& gradient) const {
    const c10::NoGradGuard noGradient;
    const KeptPositions kept(gradient.size(1), m_options.edge, m_skipFirstPosition);
    at::Tensor rows = gradient.narrow(1, kept.begin, kept.count);
    rows = rows.reshape({-1, rows.size(-1)});
    if (m_options.clip > 0) rows = clippedRows(rows.to(at::kFloat), m_options.clip);
    addLowerGram(sum, rows, at::kFloat);
}

void FisherSums::backPropagate(const at::Tensor& hidden, const at::Tensor& head) {
    const at::Tensor flat = hidden.reshape({-1, hidden.size(-1)});
    if (flat.requires_grad())
        flat.backward(sampledGradient(flat.detach(), head, m_seed, m_drawn).hidden);
    m_drawn += static_cast<std::uint64_t>(flat.size(0));
    m_tokens += KeptPositions(flat.size(0), m_options.edge, m_skipFirstPosition).count;
}

Result<std::vector<at::Tensor>> FisherSums::takeMeans() {
    for (std::size_t i = 0; i < m_sums.size(); ++i) {
        if (!m_sums[i].defined()) continue;
        m_sums[i] = mirrored(m_sums[i].to(at::kCPU)).div_(static_cast<double>(m_tokens));
        SKD_CHECK(checkFinite(m_sums[i], strCat("output gradients of ", m_infos[i].name,
                                                " are not finite; the weights may be damaged")));
    }
    return std::move(m_sums);
}

}  // namespace skd
