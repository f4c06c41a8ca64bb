#include "tokenizer/model/word_cache.h"

#include <cassert>
#include <utility>

namespace skd {

WordCache::Hit WordCache::find(std::string_view word, std::uint64_t hash) const {
    if (m_slots.empty()) return {};
    const std::size_t mask = m_slots.size() - 1;
    for (std::size_t i = hash & mask, probes = 0; probes < kMostProbes;
         i = (i + 1) & mask, ++probes) {
        const Slot& slot = m_slots[i];
        if (slot.textSize == 0) return {};
        if (slot.hash == hash &&
            std::string_view(m_texts).substr(slot.textOffset, slot.textSize) == word)
            return {true, {m_ids.data() + slot.idOffset, slot.idCount}};
    }
    return {};
}

void WordCache::insert(std::string_view word, std::uint64_t hash, std::span<const TokenId> ids) {
    assert(!word.empty() && word.size() <= kLongestWord);
    if (m_size >= kMostWords) return;
    if (2 * (m_size + 1) > m_slots.size()) grow();
    const std::size_t mask = m_slots.size() - 1;
    for (std::size_t i = hash & mask, probes = 0; probes < kMostProbes;
         i = (i + 1) & mask, ++probes) {
        if (m_slots[i].textSize != 0) continue;
        m_slots[i] = {hash, static_cast<std::uint32_t>(m_texts.size()),
                      static_cast<std::uint32_t>(m_ids.size()),
                      static_cast<std::uint16_t>(word.size()),
                      static_cast<std::uint16_t>(ids.size())};
        m_texts += word;
        m_ids.insert(m_ids.end(), ids.begin(), ids.end());
        ++m_size;
        return;
    }
}

void WordCache::grow() {
    const std::size_t capacity = m_slots.empty() ? 64 : 4 * m_slots.size();
    const std::vector<Slot> old = std::exchange(m_slots, std::vector<Slot>(capacity));
    for (const Slot& slot : old) {
        if (slot.textSize == 0) continue;
        std::size_t i = slot.hash & (capacity - 1);
        while (m_slots[i].textSize != 0) i = (i + 1) & (capacity - 1);
        m_slots[i] = slot;
    }
}

}  // namespace skd
