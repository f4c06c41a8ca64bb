#include "distill/weight_average.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include "base/text.h"
#include "distill/tensor_values.h"

namespace skd {
namespace {

/// Elements below which a second thread does not pay.
constexpr std::int64_t kMeanGrain = 1 << 16;

/// In f32 the live weights are the optimiser's own.
bool isOwnMaster(const at::Tensor& live) {
    return live.scalar_type() == at::kFloat;
}

std::string averageName(const AdamW& optimiser, std::size_t index) {
    return optimiser.name(index) + ".average";
}

/// mean += (weights - mean) * share, on the CPU. A loop of our own: ATen's may round the ends of a
/// thread's part otherwise than its middle.
void moveTowards(const at::Tensor& mean, const at::Tensor& weights, double share) {
    float* means = valuesOf<float>(mean);
    const float* values = valuesOf<float>(weights);
    const auto factor = static_cast<float>(share);
    at::parallel_for(0, mean.numel(), kMeanGrain, [&](std::int64_t first, std::int64_t last) {
#pragma omp simd
        for (std::int64_t i = first; i < last; ++i) means[i] += (values[i] - means[i]) * factor;
    });
}

}  // namespace

void WeightAverage::add() {
    const c10::AutoGradMode noGradient(false);
    ++m_count;
    if (m_count > 1 && !m_means.front().is_cpu()) {
        std::vector<at::Tensor> masters;
        for (std::size_t i = 0; i < m_optimiser.size(); ++i)
            masters.push_back(m_optimiser.master(i));
        at::_foreach_lerp_(m_means, masters, 1.0 / static_cast<double>(m_count));
        return;
    }
    for (std::size_t i = 0; i < m_optimiser.size(); ++i) {
        if (m_count == 1)
            m_means.push_back(m_optimiser.master(i).clone());
        else
            moveTowards(m_means[i], m_optimiser.master(i), 1.0 / static_cast<double>(m_count));
    }
}

void WeightAverage::exchange(bool shown) {
    const c10::AutoGradMode noGradient(false);
    for (std::size_t i = 0; i < m_means.size(); ++i) {
        const at::Tensor &live = m_optimiser.live(i), &master = m_optimiser.master(i);
        if (isOwnMaster(live)) {
            const at::Tensor weights = master.clone();
            master.copy_(m_means[i]);
            m_means[i].copy_(weights);
        } else  // a bf16 weight is its master, rounded, after every step
            live.copy_(shown ? m_means[i] : master);
    }
}

std::vector<NamedTensor> WeightAverage::state() const {
    std::vector<NamedTensor> tensors;
    for (std::size_t i = 0; i < m_means.size(); ++i)
        tensors.push_back({averageName(m_optimiser, i), m_means[i]});
    return tensors;
}

Status WeightAverage::restore(const std::vector<NamedTensor>& state, std::int64_t count) {
    const c10::AutoGradMode noGradient(false);
    const std::map<std::string, at::Tensor> stored = byName(state);
    std::vector<at::Tensor> means;
    for (std::size_t i = 0; count > 0 && i < m_optimiser.size(); ++i) {
        const auto found = stored.find(averageName(m_optimiser, i));
        if (found == stored.end() || found->second.sizes() != m_optimiser.master(i).sizes())
            return fail(ErrorCode::Corrupt,
                        strCat("the checkpoint counts averaged weights, but has no ",
                               averageName(m_optimiser, i), " of the student's shape"));
        means.push_back(m_optimiser.master(i).clone());
        means.back().copy_(found->second);
    }
    m_means = std::move(means);
    m_count = count;
    return {};
}

}  // namespace skd
