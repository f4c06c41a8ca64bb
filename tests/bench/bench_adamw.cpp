#include <ATen/Parallel.h>

#include "bench_support.h"
#include "kernels/adamw_kernels.h"

namespace skd::bench {

/// at::_fused_adamw_ updates f32 weights from f32 gradients; ours also writes the bf16 copy, and
/// reads autograd's bf16 gradient or the f32 sum of several.
Json benchAdamW(const Settings& settings) {
    const std::int64_t count = settings.quick ? 4'000'000 : 64'000'000;
    const auto filled = [&](double value) {
        return std::vector<at::Tensor>{at::full({count}, value)};
    };
    std::vector<at::Tensor> weights = filled(1), gradients = filled(0.01), means = filled(0),
                            squares = filled(0), none;
    std::vector<at::Tensor> steps{at::ones({}, at::kFloat)};
    const auto fused = [&] {
        at::_fused_adamw_(weights, gradients, means, squares, none, steps, 1e-5, 0.9, 0.999, 0.01,
                          1e-8, false, false);
    };
    const at::Tensor master = at::ones({count}), mean = at::zeros({count}),
                     variance = at::zeros({count}),
                     gradient = at::full({count}, 0.01, at::kBFloat16),
                     live = at::ones({count}, at::kBFloat16);
    const AdamWSlice all{master.mutable_data_ptr<float>(), mean.mutable_data_ptr<float>(),
                         variance.mutable_data_ptr<float>(),
                         reinterpret_cast<std::uint16_t*>(live.mutable_data_ptr<at::BFloat16>())};
    const auto* bits =
        reinterpret_cast<const std::uint16_t*>(gradient.const_data_ptr<at::BFloat16>());
    const float* sums = gradients[0].const_data_ptr<float>();
    const AdamWFactors factors{.decay = 1 - 1e-7f, .stepSize = 1e-5f};
    const auto from = [&](const auto* source) {
        return [&, source] {
            at::parallel_for(0, count, 1 << 16, [&](std::int64_t first, std::int64_t last) {
                adamwUpdate(all.from(first), source + first, last - first, factors);
            });
        };
    };
    Json json = report(
        "adamw step",
        interleave({{"aten_fused", fused}, {"ours_f32_sums", from(sums)}, {"ours", from(bits)}},
                   settings.rounds));
    json["ns_per_parameter_aten"] =
        json["aten_fused"]["ms"].get<double>() * 1e6 / static_cast<double>(count);
    json["ns_per_parameter_ours"] =
        json["ours"]["ms"].get<double>() * 1e6 / static_cast<double>(count);
    return json;
}

}  // namespace skd::bench
