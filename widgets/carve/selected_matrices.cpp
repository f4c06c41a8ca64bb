#include "carve/selected_matrices.h"

#include <algorithm>

namespace skd {

void SelectedMatrices::select(std::vector<std::size_t> matrices, std::size_t current) {
    std::sort(matrices.begin(), matrices.end());
    matrices.erase(std::unique(matrices.begin(), matrices.end()), matrices.end());
    if (matrices == m_matrices && current == m_current) return;
    m_matrices = std::move(matrices);
    m_current = current;
    Q_EMIT changed();
}

}  // namespace skd
