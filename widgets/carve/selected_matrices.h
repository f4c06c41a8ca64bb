#pragma once

#include <QObject>
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
    void select(std::vector<std::size_t> matrices, std::size_t current);

Q_SIGNALS:
    void changed();

private:
    std::vector<std::size_t> m_matrices;
    std::size_t m_current = 0;
};

}  // namespace skd
