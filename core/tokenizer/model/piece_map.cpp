#include "tokenizer/model/piece_map.h"

#include <utility>

namespace skd {

void PieceMap::reserve(std::size_t count, std::size_t bytes) {
    std::size_t capacity = 16;
    while (capacity < 2 * count) capacity *= 2;
    if (capacity > m_slots.size()) grow(capacity);
    m_arena.reserve(bytes);
}

bool PieceMap::insert(std::string_view piece, TokenId id) {
    if (2 * (m_size + 1) > m_slots.size()) grow(m_slots.empty() ? 16 : 2 * m_slots.size());
    const std::uint64_t hash = hashPiece(piece.data(), piece.size());
    Slot& slot = m_slots[place(piece, hash)];
    if (slot.id != kNone) return false;
    slot = {static_cast<std::uint32_t>(hash >> 32), id, m_arena.size(), piece.size()};
    m_arena += piece;
    ++m_size;
    return true;
}

TokenId PieceMap::find(std::string_view piece) const {
    if (m_slots.empty()) return kNone;
    return m_slots[place(piece, hashPiece(piece.data(), piece.size()))].id;
}

std::size_t PieceMap::place(std::string_view piece, std::uint64_t hash) const {
    const auto tag = static_cast<std::uint32_t>(hash >> 32);
    const std::size_t mask = m_slots.size() - 1;
    std::size_t i = static_cast<std::size_t>(hash) & mask;
    for (; m_slots[i].id != kNone; i = (i + 1) & mask) {
        const Slot& slot = m_slots[i];
        if (slot.tag == tag && std::string_view(m_arena).substr(slot.offset, slot.size) == piece)
            break;
    }
    return i;
}

void PieceMap::grow(std::size_t capacity) {
    const std::vector<Slot> old = std::exchange(m_slots, std::vector<Slot>(capacity));
    for (const Slot& slot : old) {
        if (slot.id == kNone) continue;
        const std::string_view piece = std::string_view(m_arena).substr(slot.offset, slot.size);
        m_slots[place(piece, hashPiece(piece.data(), piece.size()))] = slot;
    }
}

}  // namespace skd
