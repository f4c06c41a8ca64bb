#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"

namespace skd {

/// The number that `text` is; nothing where it is no whole number, or below 0.
std::optional<std::int64_t> wholeNumber(std::string_view text);

/// "run:12" stands for the model run 12 ended with, "run:12@40" for the one it had after 40
/// optimiser steps, "run:12@0" for the one it had right after the first cut. Of an elastic run
/// "run:12@42%" is the slice that has 42 % of the target matrices' parameters removed, and
/// "run:12@40@42%" that of step 40: first the step, then the size.
struct RunReference {
    RunId run;
    std::optional<std::int64_t> step;
    std::optional<double> removed;  ///< fraction, at least 0 and below 1

    [[nodiscard]] std::string text() const;
    bool operator==(const RunReference&) const = default;
};
/// Nothing for text that does not begin with "run:"; InvalidInput for one that continues wrongly.
Result<std::optional<RunReference>> parseRunReference(std::string_view text);

/// The fraction that a percentage removed is, "42" or "42.5", at least 0 and below 100; nothing for
/// other text.
std::optional<double> removedFraction(std::string_view percent);
/// Whether a size lies between two as fractions removed; one that differs by rounding is the end.
bool isSizeBetween(double removed, double largest, double smallest);
/// "42", "42.5": what removedFraction reads back as the same fraction.
std::string removedPercent(double fraction);

}  // namespace skd
