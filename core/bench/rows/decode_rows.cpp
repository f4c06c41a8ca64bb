#include <c10/core/GradMode.h>

#include "bench/flops.h"
#include "bench/plain_decoder.h"
#include "bench/rows/rows.h"
#include "eval/benchmark.h"
#include "model/generation.h"

namespace skd::bench {
namespace {

at::Tensor idRow(const std::vector<TokenId>& ids) {
    return at::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()), at::kLong).unsqueeze(0);
}

/// Reading a prompt up to the logits after its last token.
class PrefillRow final : public Row {
public:
    Status prepare(World& world) override {
        SKD_TRY(const OpenModel* open, world.model());
        m_model = &open->decoder;
        SKD_TRY(const std::vector<TokenId> ids,
                world.ids(std::min(world.size(512, 16), m_model->config.maxPositions)));
        m_ids = idRow(ids);
        SKD_TRY(m_plain, PlainDecoder::of(*m_model));
        return {};
    }
    Status ours() override {
        const c10::NoGradGuard noGradient;
        Generator generator(*m_model, m_ids.size(1));
        m_ours = generator.feed(m_ids).argmax().item<std::int64_t>();
        return {};
    }
    Status reference() override {
        const c10::NoGradGuard noGradient;
        const at::Tensor hidden = m_plain->hiddenStates(m_ids);
        m_reference = m_plain->logits(hidden[0][m_ids.size(1) - 1]).argmax().item<std::int64_t>();
        return {};
    }
    [[nodiscard]] Work work() const override {
        return {.units = static_cast<double>(m_ids.size(1)),
                .amount = layerFlops(*m_model, 1, m_ids.size(1)) + headFlops(*m_model, 1)};
    }
    [[nodiscard]] Json details() const override {
        return {{"next", m_ours}, {"reference_next", m_reference}};
    }

private:
    const Decoder* m_model = nullptr;
    at::Tensor m_ids;
    std::optional<PlainDecoder> m_plain;
    std::int64_t m_ours = -1, m_reference = -1;
};

/// Tokens one by one after a prompt, one sequence.
class DecodeRow final : public Row {
public:
    Status prepare(World& world) override {
        SKD_TRY(const OpenModel* open, world.model());
        m_model = &open->decoder;
        m_tokens = world.size(32, 4);
        SKD_TRY(const std::vector<TokenId> ids, world.ids(world.size(128, 8)));
        m_ids = idRow(ids);
        SKD_TRY(m_plain, PlainDecoder::of(*m_model));
        return {};
    }
    void reset() override {
        const c10::NoGradGuard noGradient;
        m_generator.emplace(*m_model, m_ids.size(1) + m_tokens);
        m_next = m_generator->feed(m_ids).argmax(-1, true);
        m_cache.clear();
        static_cast<void>(m_plain->hiddenStates(m_ids, &m_cache));
    }
    Status ours() override {
        at::Tensor next = m_next;
        for (std::int64_t i = 0; i < m_tokens; ++i) next = m_generator->feed(next).argmax(-1, true);
        return {};
    }
    Status reference() override {
        const c10::NoGradGuard noGradient;
        at::Tensor next = m_next;
        for (std::int64_t i = 0; i < m_tokens; ++i)
            next = m_plain->logits(m_plain->hiddenStates(next, &m_cache)[0]).argmax(-1, true);
        return {};
    }
    /// Weights once a token, and the keys and values that it sees.
    [[nodiscard]] Work work() const override {
        const ModelConfig& config = m_model->config;
        const auto tokens = static_cast<double>(m_tokens);
        const double seen = static_cast<double>(m_ids.size(1)) + (tokens + 1) / 2;
        const double cache = 2 * seen * static_cast<double>(m_model->layers.size()) *
                             static_cast<double>(config.keyValueHeads * config.headDim) *
                             static_cast<double>(m_model->embedding.element_size());
        return {.units = tokens,
                .bound = BoundKind::Bandwidth,
                .amount = tokens * (bytesPerStep(*m_model) + cache)};
    }

private:
    const Decoder* m_model = nullptr;
    std::int64_t m_tokens = 0;
    at::Tensor m_ids, m_next;
    std::optional<PlainDecoder> m_plain;
    std::optional<Generator> m_generator;
    PlainDecoder::Cache m_cache;
};

}  // namespace

std::vector<RowEntry> decodeRows() {
    return {{"prefill",
             "reading 512 tokens, logits after the last one alone",
             "tokens",
             "the same in LibTorch's operators",
             "GEMM probe: all matrix products",
             {.share = 0.80, .elsewhere = "1.8 x llama.cpp in bf16 (compare.py prefill)"},
             true,
             rowOf<PrefillRow>()},
            {"decode",
             "32 tokens after a prompt of 128, batch 1",
             "tokens",
             "the same in LibTorch's operators, keys and values joined by cat",
             "read bandwidth: bytes of weights, keys and values",
             {.share = 0.85, .elsewhere = "1.5 x llama.cpp in bf16 (compare.py decode)"},
             true,
             rowOf<DecodeRow>()}};
}

}  // namespace skd::bench
