#pragma once

#include <QObject>
#include <algorithm>
#include <vector>

namespace skd {

/// The matrices that are selected on the Carve page, by their index in the analysis, and the one
/// that the cards describe.
class SelectedMatrices : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;
    [[nodiscard]] const std::vector<std::size_t>& matrices() const { return m_matrices; }
    [[nodiscard]] std::size_t current() const { return m_current; }
    void select(std::vector<std::size_t> matrices, std::size_t current) {
        std::sort(matrices.begin(), matrices.end());
        matrices.erase(std::unique(matrices.begin(), matrices.end()), matrices.end());
        if (matrices == m_matrices && current == m_current) return;
        m_matrices = std::move(matrices);
        m_current = current;
        Q_EMIT changed();
    }

Q_SIGNALS:
    void changed();

private:
    std::vector<std::size_t> m_matrices;
    std::size_t m_current = 0;
};

}  // namespace skd
