#include "tokenizer/model/merge_table.h"

#include <algorithm>
#include <array>
#include <functional>
#include <queue>

namespace skd {
namespace {

constexpr std::size_t kShort = 32;

std::uint32_t rankOf(std::uint64_t merge) {
    return static_cast<std::uint32_t>(merge >> 32);
}
TokenId resultOf(std::uint64_t merge) {
    return static_cast<TokenId>(merge);
}

}  // namespace

void MergeTable::mergeAll(std::vector<TokenId>& symbols) const {
    if (symbols.size() < 2) return;
    if (symbols.size() <= kShort)
        mergeShort(symbols);
    else
        mergeLong(symbols);
}

void MergeTable::mergeShort(std::vector<TokenId>& symbols) const {
    std::array<std::uint64_t, kShort> merges;  // merges[i] joins symbols i and i + 1
    std::size_t pairs = symbols.size() - 1;
    for (std::size_t i = 0; i < pairs; ++i) merges[i] = find(symbols[i], symbols[i + 1]);
    while (pairs > 0) {
        std::size_t best = 0;
        for (std::size_t i = 1; i < pairs; ++i)
            if (rankOf(merges[i]) < rankOf(merges[best])) best = i;
        if (merges[best] == kNone) break;
        symbols[best] = resultOf(merges[best]);
        for (std::size_t i = best + 1; i < pairs; ++i) {
            symbols[i] = symbols[i + 1];
            merges[i - 1] = merges[i];
        }
        --pairs;
        if (best < pairs) merges[best] = find(symbols[best], symbols[best + 1]);
        if (best > 0) merges[best - 1] = find(symbols[best - 1], symbols[best]);
    }
    symbols.resize(pairs + 1);
}

/// A linked list of symbols and a heap of (rank, position). An entry is stale when the pair that
/// begins at its position now has another merge.
void MergeTable::mergeLong(std::vector<TokenId>& symbols) const {
    const std::size_t count = symbols.size();
    std::vector<std::uint32_t> next(count);
    std::vector<std::uint32_t> before(count);
    std::vector<std::uint64_t> merges(count, kNone);
    std::vector<std::uint64_t> initial;
    const auto entry = [&](std::size_t at) {
        return static_cast<std::uint64_t>(rankOf(merges[at])) << 32 | at;
    };
    for (std::size_t i = 0; i < count; ++i) {
        next[i] = static_cast<std::uint32_t>(i + 1);
        before[i] = static_cast<std::uint32_t>(i - 1);
        if (i + 1 < count) merges[i] = find(symbols[i], symbols[i + 1]);
        if (merges[i] != kNone) initial.push_back(entry(i));
    }
    std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> heap(
        std::greater<>{}, std::move(initial));
    std::vector<bool> gone(count);
    const auto refresh = [&](std::size_t at) {
        merges[at] = next[at] < count ? find(symbols[at], symbols[next[at]]) : kNone;
        if (merges[at] != kNone) heap.push(entry(at));
    };
    while (!heap.empty()) {
        const std::uint64_t top = heap.top();
        heap.pop();
        const std::size_t at = top & 0xFFFFFFFFu;
        if (gone[at] || merges[at] == kNone || rankOf(merges[at]) != top >> 32) continue;
        const std::size_t right = next[at];
        symbols[at] = resultOf(merges[at]);
        gone[right] = true;
        next[at] = next[right];
        if (next[at] < count) before[next[at]] = static_cast<std::uint32_t>(at);
        refresh(at);
        if (at > 0) refresh(before[at]);
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count; ++i)
        if (!gone[i]) symbols[kept++] = symbols[i];
    symbols.resize(kept);
}

}  // namespace skd
