#include <ATen/Parallel.h>

#include "bench/rows/rows.h"
#include "kernels/adamw_kernels.h"

namespace skd::bench {
namespace {

/// ATen's updates f32 weights by f32 gradients; ours reads autograd's bf16 gradient, keeps f32
/// masters and writes the bf16 copy.
class AdamWRow final : public Row {
public:
    Status prepare(World& world) override {
        m_count = world.size(64'000'000, 100'000);
        for (std::vector<at::Tensor>* list : {&m_weights, &m_means, &m_squares})
            list->push_back(at::full({m_count}, list == &m_weights ? 1.0 : 0.0));
        m_gradients.push_back(at::full({m_count}, 0.01));
        m_master = at::ones({m_count});
        m_mean = at::zeros({m_count});
        m_variance = at::zeros({m_count});
        m_gradient = at::full({m_count}, 0.01, at::kBFloat16);
        m_live = at::ones({m_count}, at::kBFloat16);
        return {};
    }
    Status ours() override {
        const AdamWSlice all{
            m_master.mutable_data_ptr<float>(), m_mean.mutable_data_ptr<float>(),
            m_variance.mutable_data_ptr<float>(),
            reinterpret_cast<std::uint16_t*>(m_live.mutable_data_ptr<at::BFloat16>())};
        const auto* bits =
            reinterpret_cast<const std::uint16_t*>(m_gradient.const_data_ptr<at::BFloat16>());
        const AdamWFactors factors{.decay = 1 - 1e-7f, .stepSize = 1e-5f};
        at::parallel_for(0, m_count, 1 << 16, [&](std::int64_t first, std::int64_t last) {
            adamwUpdate(all.from(first), bits + first, last - first, factors);
        });
        return {};
    }
    Status reference() override {
        const std::vector<at::Tensor> none;
        at::_fused_adamw_(m_weights, m_gradients, m_means, m_squares, none, m_steps, 1e-5, 0.9,
                          0.999, 0.01, 1e-8, false, false);
        return {};
    }
    /// Read and written: three floats a parameter; read: its gradient; written: its copy.
    [[nodiscard]] Work work() const override {
        return {.units = static_cast<double>(m_count),
                .bound = BoundKind::Bandwidth,
                .amount = 28.0 * static_cast<double>(m_count)};
    }

private:
    std::int64_t m_count = 0;
    std::vector<at::Tensor> m_weights, m_gradients, m_means, m_squares;
    std::vector<at::Tensor> m_steps{at::ones({}, at::kFloat)};
    at::Tensor m_master, m_mean, m_variance, m_gradient, m_live;
};

}  // namespace

std::vector<RowEntry> adamwRows() {
    return {{"adamw",
             "AdamW with f32 masters and the bf16 copy, 64 M parameters",
             "parameters",
             "at::_fused_adamw_ (f32 alone, no copy)",
             "read bandwidth: 28 bytes a parameter",
             {.ratio = 1},
             false,
             rowOf<AdamWRow>()}};
}

}  // namespace skd::bench
