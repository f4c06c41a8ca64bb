#include <c10/core/GradMode.h>

#include <cmath>

#include "bench/rows/rows.h"
#include "distill/fused_head.h"
#include "distill/kept_logits.h"

namespace skd::bench {
namespace {

struct HeadSize {
    std::int64_t tokens, vocabulary, width, k;
};

/// Loss, hidden gradient and head gradient of one micro-batch; CE and KL.
class HeadRow final : public Row {
public:
    explicit HeadRow(HeadSize size) : m_size(size) {}

    Status prepare(World& world) override {
        if (world.quick()) m_size = {32, 1024, 64, 8};
        const c10::NoGradGuard noGradient;
        m_input.hidden = at::randn({m_size.tokens, m_size.width}).to(world.arithmetic());
        m_input.head = (at::randn({m_size.vocabulary, m_size.width}) * 0.1).to(world.arithmetic());
        m_input.labels = at::randint(0, m_size.vocabulary, {m_size.tokens}, at::kLong);
        const at::Tensor logP =
            at::log_softmax(at::linear(m_input.hidden, m_input.head).to(at::kFloat), -1);
        const auto [values, ids] = logP.topk(m_size.k, -1);
        m_input.teacher = {ids.to(at::kInt), values, at::logsumexp(logP / 2.0, {-1})};
        m_options.tokens = static_cast<double>(m_size.tokens);
        // Written, not only reserved: its pages are nobody's growth.
        m_gradient = at::full(m_input.head.sizes(), 0.0, at::kFloat);
        return {};
    }
    Status ours() override {
        m_ours = headLoss(m_input, m_options, m_gradient);
        return {};
    }
    Status reference() override {
        m_reference = headLossReference(m_input, m_options, m_gradient);
        return {};
    }
    [[nodiscard]] Work work() const override {
        return {.units = static_cast<double>(m_size.tokens),
                .amount = 6 * static_cast<double>(m_size.tokens * m_size.vocabulary) *
                          static_cast<double>(m_size.width)};
    }
    [[nodiscard]] Json details() const override {
        return {{"loss_difference", lossDifference()},
                {"hidden_gradient_difference", gradientDifference()}};
    }
    [[nodiscard]] bool agrees() const override {
        return lossDifference() < 0.01 && gradientDifference() < 0.02;
    }

private:
    [[nodiscard]] double lossDifference() const {
        return std::abs((m_ours.ce + m_ours.kl) / (m_reference.ce + m_reference.kl) - 1);
    }
    [[nodiscard]] double gradientDifference() const {
        const at::Tensor theirs = m_reference.hiddenGradient.to(at::kFloat);
        return ((m_ours.hiddenGradient.to(at::kFloat) - theirs).norm() / theirs.norm())
            .item<double>();
    }

    HeadSize m_size;
    HeadInput m_input;
    HeadLossOptions m_options;
    at::Tensor m_gradient;
    HeadLoss m_ours, m_reference;
};

/// The teacher's pass over rows of logits: the largest entries and the normalisers.
class TopKRow final : public Row {
public:
    Status prepare(World& world) override {
        m_k = world.size(32, 8);
        m_logits =
            (at::randn({world.size(512, 32), world.size(151936, 2048)}) * 4).to(world.arithmetic());
        return {};
    }
    Status ours() override {
        m_ours = topKRows(m_logits, m_k).ids;
        return {};
    }
    Status reference() override {
        m_reference = topKRowsReference(m_logits, m_k).ids;
        return {};
    }
    [[nodiscard]] Work work() const override {
        return {.units = static_cast<double>(m_logits.size(0)),
                .bound = BoundKind::Bandwidth,
                .amount = static_cast<double>(m_logits.nbytes())};
    }
    /// All but ties.
    [[nodiscard]] bool agrees() const override {
        return m_ours.eq(m_reference).to(at::kFloat).mean().item<double>() > 0.9;
    }

private:
    std::int64_t m_k = 0;
    at::Tensor m_logits, m_ours, m_reference;
};

}  // namespace

std::vector<RowEntry> headRows() {
    const char* autograd = "autograd over whole logits in f32";
    const char* gemms = "GEMM probe: three products";
    return {{"kd-head",
             "KD head step: 512 tokens, vocabulary 151,936, k = 64, CE + KL",
             "tokens",
             autograd,
             gemms,
             {.ratio = 2.5, .memory = 4},
             false,
             rowOf<HeadRow>(HeadSize{512, 151936, 1024, 64})},
            {"kd-head-wide",
             "the same with Gemma 3 270M's head, 262,144 x 640",
             "tokens",
             autograd,
             gemms,
             {},
             false,
             rowOf<HeadRow>(HeadSize{512, 262144, 640, 64})},
            {"top-k",
             "32 largest and normalisers of 512 rows of 151,936 logits",
             "rows",
             "log_softmax, topk and a logsumexp per temperature",
             "read bandwidth: the logits once",
             {},
             false,
             rowOf<TopKRow>()}};
}

}  // namespace skd::bench
