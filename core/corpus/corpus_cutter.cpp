#include "corpus/corpus_cutter.h"

namespace skd {

void SampleCutter::give(std::span<const TokenId> tokens) {
    m_sink(m_samples++, tokens);
}

std::int64_t SampleCutter::lastTouched(std::int64_t tokens) const {
    const auto behind = static_cast<std::int64_t>(m_pending.size()) + tokens + 1;
    return m_samples + behind / static_cast<std::int64_t>(m_length);
}

void SampleCutter::add(std::span<const TokenId> document) {
    m_tokens += static_cast<std::int64_t>(document.size()) + 1;
    m_pending.insert(m_pending.end(), document.begin(), document.end());
    m_pending.push_back(m_separator);
    std::span<const TokenId> rest = m_pending;
    for (; rest.size() >= m_length; rest = rest.subspan(m_length)) give(rest.first(m_length));
    if (m_packing == Packing::Documents) {
        if (rest.size() > 1) give(rest);
        rest = {};
    }
    m_pending.erase(m_pending.begin(), m_pending.end() - static_cast<std::ptrdiff_t>(rest.size()));
}

void SampleCutter::finish() {
    if (m_samples == 0 && !m_pending.empty()) give(m_pending);
}

}  // namespace skd
