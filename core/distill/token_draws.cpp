#include "distill/token_draws.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <vector>

#include "base/random.h"
#include "kernels/draw_kernels.h"

namespace skd {
namespace {

constexpr std::uint64_t kDrawStream = 0x7465616368657273ull;

/// Draws row after row; one per thread.
class RowDrawer {
public:
    RowDrawer(const TeacherSampling& sampling, std::int64_t sample, TokenDraws& out)
        : m_sampling(sampling),
          m_random(sampling.seed, kDrawStream + static_cast<std::uint64_t>(sample)),
          m_out(out),
          m_uniforms(static_cast<std::size_t>(sampling.rounds)),
          m_counts(m_uniforms.size()) {}

    /// False where a logit is not finite.
    bool run(const at::Tensor& logits, std::int64_t row, std::int64_t position) {
        const std::size_t rounds = m_uniforms.size();
        for (std::size_t i = 0; i < rounds; ++i)
            m_uniforms[i] = m_random.uniform(static_cast<std::uint64_t>(position) * rounds + i);
        std::sort(m_uniforms.begin(), m_uniforms.end());
        const std::int64_t offset = row * m_sampling.rounds;
        const std::span ids(m_out.ids.mutable_data_ptr<std::int32_t>() + offset, rounds);
        std::fill(m_counts.begin(), m_counts.end(), std::uint16_t{0});
        const DrawSummary summary = draw(logits, row, ids);
        std::copy(m_counts.begin(), m_counts.end(),
                  m_out.counts.mutable_data_ptr<std::int32_t>() + offset);
        m_out.negativeEntropy.mutable_data_ptr<float>()[row] =
            static_cast<float>(summary.negativeEntropy);
        m_out.mass.mutable_data_ptr<float>()[row] = static_cast<float>(summary.mass);
        return std::isfinite(summary.negativeEntropy);
    }

private:
    DrawSummary draw(const at::Tensor& logits, std::int64_t row, std::span<std::int32_t> ids) {
        const auto size = static_cast<std::size_t>(logits.size(1));
        const std::size_t offset = static_cast<std::size_t>(row) * size;
        if (logits.scalar_type() == at::kFloat)
            return drawTokens(std::span(logits.const_data_ptr<float>() + offset, size),
                              m_sampling.temperature, m_uniforms, ids, m_counts, m_sums);
        const auto* bits =
            reinterpret_cast<const std::uint16_t*>(logits.const_data_ptr<at::BFloat16>());
        return drawTokens(std::span(bits + offset, size), m_sampling.temperature, m_uniforms, ids,
                          m_counts, m_sums);
    }

    const TeacherSampling& m_sampling;
    CounterRandom m_random;
    TokenDraws& m_out;
    std::vector<double> m_uniforms, m_sums;
    std::vector<std::uint16_t> m_counts;
};

}  // namespace

TokenDraws drawTokens(const at::Tensor& logits, const TeacherSampling& sampling,
                      std::int64_t sample, std::int64_t first) {
    const bool bits = logits.scalar_type() == at::kBFloat16;
    const at::Tensor host = logits.to(at::kCPU, bits ? at::kBFloat16 : at::kFloat).contiguous();
    const std::int64_t rows = host.size(0);
    TokenDraws out{at::zeros({rows, sampling.rounds}, at::kInt),
                   at::zeros({rows, sampling.rounds}, at::kInt), at::empty({rows}, at::kFloat),
                   at::empty({rows}, at::kFloat)};
    std::atomic<bool> finite = true;
    at::parallel_for(0, rows, 1, [&](std::int64_t begin, std::int64_t end) {
        RowDrawer drawer(sampling, sample, out);
        for (std::int64_t row = begin; row < end; ++row)
            if (!drawer.run(host, row, first + row)) finite = false;
    });
    TORCH_CHECK(finite, "the teacher's logits hold values that are not finite; try it in f32");
    return out;
}

}  // namespace skd
