#include "distill/parallel/gradient_exchange.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>

#include "base/text.h"

namespace skd {
namespace {

constexpr std::int64_t kBucketValues = 25 * 1000 * 1000 / 4;

}  // namespace

/// Called by autograd when it has added to a parameter's gradient.
struct GradientExchange::Hook final : torch::autograd::PostAccumulateGradHook {
    Hook(GradientExchange& to, std::size_t index) : exchange(to), slot(index) {}
    void operator()(const torch::autograd::Variable& /*parameter*/) override {
        if (exchange.m_armed) exchange.ready(slot);
    }
    GradientExchange& exchange;
    std::size_t slot;
};

GradientExchange::GradientExchange(AdamW& optimiser, std::vector<std::size_t> late,
                                   Communicator& devices)
    : m_optimiser(optimiser), m_devices(devices), m_bucketOf(optimiser.size()) {
    makeBuckets(late);
    if (!m_optimiser.whole(0).is_cpu()) return;
    for (std::size_t slot = 0; slot < m_optimiser.size(); ++slot) {
        if (std::ranges::find(late, slot) != late.end()) continue;
        torch::autograd::impl::set_post_acc_grad_hooks(m_optimiser.whole(slot),
                                                       std::make_unique<Hook>(*this, slot));
        m_hooked.push_back(slot);
    }
}

GradientExchange::~GradientExchange() {
    for (const std::size_t slot : m_hooked)
        torch::autograd::impl::set_post_acc_grad_hooks(m_optimiser.whole(slot), nullptr);
}

/// The last layers' gradients come first; what autograd does not leave comes at the end.
void GradientExchange::makeBuckets(const std::vector<std::size_t>& late) {
    std::vector<std::size_t> slots;
    std::int64_t values = 0;
    const auto close = [&] {
        if (!slots.empty()) makeBucket(std::move(slots));
        slots.clear();
        values = 0;
    };
    for (std::size_t slot = m_optimiser.size(); slot-- > 0;) {
        if (std::ranges::find(late, slot) != late.end()) continue;
        slots.push_back(slot);
        values += m_optimiser.whole(slot).numel();
        if (values >= kBucketValues) close();
    }
    close();
    for (std::size_t slot = 0; slot < m_optimiser.size(); ++slot)
        if (std::ranges::find(late, slot) != late.end()) makeBucket({slot});
}

void GradientExchange::makeBucket(std::vector<std::size_t> slots) {
    std::int64_t values = 0;
    for (const std::size_t slot : slots) values += m_optimiser.whole(slot).numel();
    const at::Tensor& like = m_optimiser.whole(slots.front());
    at::Tensor sums = at::zeros({values}, like.options().dtype(at::kFloat).requires_grad(false));
    std::int64_t begin = 0;
    for (const std::size_t slot : slots) {
        const at::Tensor& weight = m_optimiser.whole(slot);
        m_optimiser.placeGradientSum(slot,
                                     sums.narrow(0, begin, weight.numel()).view(weight.sizes()));
        begin += weight.numel();
        m_bucketOf[slot] = m_buckets.size();
    }
    m_buckets.push_back({std::move(sums), std::move(slots), 0, nullptr});
}

void GradientExchange::arm() {
    for (Bucket& bucket : m_buckets) bucket.missing = bucket.slots.size();
    m_armed = true;
}

void GradientExchange::ready(std::size_t slot) {
    const c10::AutoGradMode noGradient(false);
    m_optimiser.accumulate(slot);
    static_cast<void>(m_optimiser.gradientSum(slot));
    --m_buckets[m_bucketOf[slot]].missing;
    launch();
}

void GradientExchange::launch() {
    for (; m_launched < m_buckets.size(); ++m_launched) {
        Bucket& bucket = m_buckets[m_launched];
        if (bucket.missing > 0) return;
        bucket.transfer = m_devices.startSum(bucket.sums);
    }
}

Status GradientExchange::ranOut(std::int64_t samples, const std::string& problem) {
    return fail(ErrorCode::OutOfMemory,
                strCat("memory ran out in a micro-batch of ", samples, " samples (", problem,
                       ") when the other processes had a part of its gradients already; set "
                       "distill.micro_batch to ",
                       samples / 2, " or less"));
}

Status GradientExchange::finish() {
    m_armed = false;
    if (!m_optimiser.whole(0).is_cpu()) m_optimiser.accumulate();
    for (std::size_t i = m_launched; i < m_buckets.size(); ++i) {
        for (const std::size_t slot : m_buckets[i].slots) {
            if (m_optimiser.whole(slot).is_cpu()) m_optimiser.accumulate(slot);
            static_cast<void>(m_optimiser.gradientSum(slot));
        }
        m_buckets[i].missing = 0;
    }
    launch();
    m_launched = 0;
    Status outcome;
    for (Bucket& bucket : m_buckets)
        if (const Status arrived = std::exchange(bucket.transfer, nullptr)->wait(); !arrived)
            outcome = arrived;
    return outcome;
}

}  // namespace skd
