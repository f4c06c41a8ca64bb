#pragma once

#include <filesystem>
#include <optional>

#include "results/matrix_form.h"

namespace skd {

/// Which slice of an elastic model is wanted, beyond the size that its reference gives.
struct SliceChoice {
    std::optional<SliceForm> form;  ///< none: the form that the run's ranks are priced in
    /// A JSON object of ranks by name of matrix, instead of those of a size; "" = a size's.
    std::filesystem::path ranks;

    [[nodiscard]] bool isNone() const { return !form && ranks.empty(); }
};

}  // namespace skd
