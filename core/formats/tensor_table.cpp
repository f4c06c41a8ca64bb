#include "formats/tensor_table.h"

#include <algorithm>
#include <numeric>

#include "base/text.h"

namespace skd {

Result<TensorTable> TensorTable::build(std::vector<TensorView> tensors) {
    TensorTable table;
    table.m_tensors = std::move(tensors);
    const std::vector<TensorView>& all = table.m_tensors;
    std::vector<std::uint32_t>& order = table.m_byName;
    order.resize(all.size());
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(),
              [&all](std::uint32_t a, std::uint32_t b) { return all[a].name < all[b].name; });
    const auto twice = std::adjacent_find(
        order.begin(), order.end(),
        [&all](std::uint32_t a, std::uint32_t b) { return all[a].name == all[b].name; });
    if (twice != order.end())
        return fail(ErrorCode::Corrupt,
                    strCat("the tensor ", displayName(all[*twice].name), " is there twice"));
    return table;
}

const TensorView* TensorTable::find(std::string_view name) const {
    const auto found = std::lower_bound(
        m_byName.begin(), m_byName.end(), name,
        [this](std::uint32_t i, std::string_view key) { return m_tensors[i].name < key; });
    if (found == m_byName.end() || m_tensors[*found].name != name) return nullptr;
    return &m_tensors[*found];
}

}  // namespace skd
