#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace skd {

/// Open-addressing hash table from a 64-bit key to a 64-bit value. The key ~0 is reserved.
class FlatMap {
public:
    /// Makes room for `count` keys in all.
    void reserve(std::size_t count) {
        std::size_t capacity = 16;
        while (capacity < 2 * count) capacity *= 2;
        if (capacity > m_slots.size()) rehash(capacity);
    }

    /// Stores `value`, replacing an earlier one; returns true when the key is new.
    bool set(std::uint64_t key, std::uint64_t value) {
        if (2 * (m_size + 1) > m_slots.size()) rehash(m_slots.empty() ? 16 : 2 * m_slots.size());
        Slot& slot = m_slots[place(key)];
        const bool isNew = slot.key == kEmpty;
        m_size += isNew;
        slot = {key, value};
        return isNew;
    }

    /// The value of `key`, or null.
    [[nodiscard]] const std::uint64_t* find(std::uint64_t key) const {
        if (m_slots.empty()) return nullptr;
        const Slot& slot = m_slots[place(key)];
        return slot.key == kEmpty ? nullptr : &slot.value;
    }

    [[nodiscard]] std::size_t size() const { return m_size; }

private:
    static constexpr std::uint64_t kEmpty = ~0ull;
    struct Slot {
        std::uint64_t key = kEmpty;
        std::uint64_t value = 0;
    };

    [[nodiscard]] std::size_t place(std::uint64_t key) const {
        std::uint64_t h = key * 0x9E3779B97F4A7C15ull;
        h ^= h >> 32;
        std::size_t i =
            static_cast<std::size_t>(h * 0xD6E8FEB86659FD93ull >> 20) & (m_slots.size() - 1);
        while (m_slots[i].key != key && m_slots[i].key != kEmpty)
            i = (i + 1) & (m_slots.size() - 1);
        return i;
    }

    void rehash(std::size_t capacity) {
        std::vector<Slot> old = std::exchange(m_slots, std::vector<Slot>(capacity));
        for (const Slot& slot : old)
            if (slot.key != kEmpty) m_slots[place(slot.key)] = slot;
    }

    std::vector<Slot> m_slots;
    std::size_t m_size = 0;
};

}  // namespace skd
