#include "bench/rows/rows.h"

namespace skd::bench {
namespace {

/// The rate of Hugging Face's tokenizers 0.23 on the same text, one thread, MB/s; compare.py
/// tokenize takes turns with it.
constexpr double kRecordedRate = 1.3;

/// A text to ids, one thread.
class TokenizerRow final : public Row {
public:
    Status prepare(World& world) override {
        SKD_TRY(m_open, world.model());
        SKD_TRY(m_text, world.text());
        if (world.quick()) m_text.resize(m_text.rfind(' ', 20'000));
        return {};
    }
    Status ours() override {
        SKD_TRY(const std::vector<TokenId> ids, m_open->tokenizer->encode(m_text));
        m_tokens = ids.size();
        return {};
    }
    Status reference() override { return {}; }
    [[nodiscard]] Work work() const override {
        const auto bytes = static_cast<double>(m_text.size());
        return {.units = bytes / 1e6,
                .bound = BoundKind::Bandwidth,
                .amount = bytes,
                .recordedRate = kRecordedRate};
    }
    [[nodiscard]] Json details() const override { return {{"tokens", m_tokens}}; }

private:
    const OpenModel* m_open = nullptr;
    std::string m_text;
    std::size_t m_tokens = 0;
};

}  // namespace

std::vector<RowEntry> tokenizerRows() {
    return {{"tokenizer",
             "WikiText-2's test text to ids, one thread",
             "MB",
             "recorded: Hugging Face tokenizers 0.23, 1.3 MB/s",
             "read bandwidth: the text once",
             {.ratio = 5},
             true,
             rowOf<TokenizerRow>()}};
}

}  // namespace skd::bench
