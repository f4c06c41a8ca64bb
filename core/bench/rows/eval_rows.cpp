#include <c10/core/GradMode.h>

#include <cmath>

#include "base/text.h"
#include "bench/flops.h"
#include "bench/plain_decoder.h"
#include "bench/rows/rows.h"
#include "eval/perplexity.h"

namespace skd::bench {
namespace {

/// Perplexity of windows one after another, every position scored.
class PerplexityRow final : public Row {
public:
    PerplexityRow(std::int64_t window, std::int64_t windows)
        : m_window(window), m_windows(windows) {}

    Status prepare(World& world) override {
        SKD_TRY(const OpenModel* open, world.model());
        m_model = &open->decoder;
        m_window = std::min(world.size(m_window, 32), m_model->config.maxPositions);
        SKD_TRY(m_text.ids, world.ids(m_windows * m_window));
        m_settings.context = m_settings.stride = m_window;
        SKD_TRY(m_plain, PlainDecoder::of(*m_model));
        for (std::int64_t i = 0; i < m_windows; ++i) {
            const auto begin = m_text.ids.begin() + i * m_window;
            m_rows.push_back(
                at::tensor(std::vector<std::int64_t>(begin, begin + m_window), at::kLong));
        }
        return {};
    }
    Status ours() override {
        SKD_TRY(const EvalReport report, perplexity(*m_model, m_text, m_settings, {}));
        m_ours = report.nllSum;
        return {};
    }
    Status reference() override {
        m_reference = 0;
        for (const at::Tensor& ids : m_rows) m_reference += m_plain->nll(ids);
        return {};
    }
    [[nodiscard]] Work work() const override {
        const std::int64_t tokens = m_windows * m_window;
        return {.units = static_cast<double>(tokens),
                .amount = layerFlops(*m_model, m_windows, m_window) +
                          headFlops(*m_model, tokens - m_windows)};
    }
    [[nodiscard]] Json details() const override {
        return {{"window", m_window},
                {"windows", m_windows},
                {"nll", m_ours},
                {"reference_nll", m_reference}};
    }
    /// bf16 keeps 8 bits: sums of thousands of tokens differ by far less than a hundredth.
    [[nodiscard]] bool agrees() const override { return std::abs(m_ours / m_reference - 1) < 0.01; }

private:
    std::int64_t m_window, m_windows;
    const Decoder* m_model = nullptr;
    EvalText m_text;
    EvalSettings m_settings;
    std::optional<PlainDecoder> m_plain;
    std::vector<at::Tensor> m_rows;
    double m_ours = 0, m_reference = 0;
};

/// scoreTokens against the same in plain operators, whole.
class ScoringRow final : public Row {
public:
    Status prepare(World& world) override {
        const c10::NoGradGuard noGradient;
        const std::int64_t tokens = world.size(512, 32), vocabulary = world.size(151936, 2048),
                           width = world.size(1024, 64);
        m_hidden = at::randn({tokens, width}).to(world.arithmetic());
        m_head = (at::randn({vocabulary, width}) * 0.1).to(world.arithmetic());
        m_labels = at::randint(0, vocabulary, {tokens}, at::kLong);
        return {};
    }
    Status ours() override {
        m_ours = scoreTokens(m_hidden, m_head, m_labels).sum().item<double>();
        return {};
    }
    Status reference() override {
        const c10::NoGradGuard noGradient;
        m_reference = at::cross_entropy_loss(at::linear(m_hidden, m_head).to(at::kFloat), m_labels,
                                             {}, at::Reduction::Sum)
                          .item<double>();
        return {};
    }
    [[nodiscard]] Work work() const override {
        return {.units = static_cast<double>(m_labels.numel()),
                .amount = 2 * static_cast<double>(m_hidden.numel()) *
                          static_cast<double>(m_head.size(0))};
    }
    [[nodiscard]] bool agrees() const override { return std::abs(m_ours / m_reference - 1) < 0.01; }

private:
    at::Tensor m_hidden, m_head, m_labels;
    double m_ours = 0, m_reference = 0;
};

}  // namespace

std::vector<RowEntry> evalRows() {
    const char* plain =
        "the same windows in LibTorch's operators (at::linear, "
        "scaled_dot_product_attention, whole logits in f32)";
    const char* products = "GEMM probe: all matrix products";
    return {{"ppl-512",
             "perplexity, 4 windows of 512 tokens, all positions scored",
             "tokens",
             plain,
             products,
             {.share = 0.85, .elsewhere = "1.7 x transformers (compare.py eval)"},
             true,
             rowOf<PerplexityRow>(std::int64_t{512}, std::int64_t{4})},
            {"ppl-2048",
             "perplexity, a window of 2,048 tokens, all positions scored",
             "tokens",
             plain,
             products,
             {.share = 0.75, .elsewhere = "2.0 x transformers (compare.py eval --window 2048)"},
             true,
             rowOf<PerplexityRow>(std::int64_t{2048}, std::int64_t{1})},
            {"scoring",
             "head and log-softmax of 512 tokens, vocabulary 151,936",
             "tokens",
             "linear and cross_entropy_loss over whole logits in f32",
             products,
             {},
             false,
             rowOf<ScoringRow>()}};
}

}  // namespace skd::bench
