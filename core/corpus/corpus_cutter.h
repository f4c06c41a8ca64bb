#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/units.h"
#include "spec/corpus_spec.h"

namespace skd {

/// Cuts the documents of one share into samples, numbered from 0 (resources/help/method.md, The
/// corpus). Packed: the documents, each ended by the separator, are one stream that is cut into
/// full samples; what is left over is a sample only if there is no other. Documents: each document
/// (with its separator) is cut by itself, the last piece may be short, and a piece of one token is
/// left out.
class SampleCutter {
public:
    using Sink = std::function<void(std::int64_t number, std::span<const TokenId> tokens)>;

    SampleCutter(Packing packing, std::int64_t sequenceLength, TokenId separator, Sink sink)
        : m_packing(packing),
          m_length(static_cast<std::size_t>(sequenceLength)),
          m_separator(separator),
          m_sink(std::move(sink)) {}

    void add(std::span<const TokenId> document);
    /// Behind the last document.
    void finish();

    /// Number of the last sample that a next document of `tokens` tokens would be part of (at
    /// most).
    [[nodiscard]] std::int64_t lastTouched(std::int64_t tokens) const;
    [[nodiscard]] std::int64_t samples() const { return m_samples; }
    /// Tokens added, separators included.
    [[nodiscard]] std::int64_t tokens() const { return m_tokens; }

private:
    void give(std::span<const TokenId> tokens);

    Packing m_packing;
    std::size_t m_length;
    TokenId m_separator;
    Sink m_sink;
    std::vector<TokenId> m_pending;
    std::int64_t m_samples = 0;
    std::int64_t m_tokens = 0;
};

}  // namespace skd
