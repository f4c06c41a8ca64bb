#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/tensor_view.h"

namespace skd {

/// The tensors of one or several files, in stored order, found by name in O(log n).
class TensorTable {
public:
    /// An empty table.
    TensorTable() = default;
    /// Refuses a name that occurs twice.
    static Result<TensorTable> build(std::vector<TensorView> tensors);

    [[nodiscard]] const std::vector<TensorView>& tensors() const { return m_tensors; }
    /// Null when there is no tensor of that name.
    [[nodiscard]] const TensorView* find(std::string_view name) const;

private:
    std::vector<TensorView> m_tensors;
    std::vector<std::uint32_t> m_byName;
};

}  // namespace skd
