#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace skd {

/// n:m sparsity: of every `group` weights that follow each other in a row, `keep` stay.
struct MaskPattern {
    std::int64_t keep = 0, group = 0;
    bool operator==(const MaskPattern&) const = default;
};

/// Reads "n:m" with 0 < n < m <= 64; InvalidInput otherwise.
Result<MaskPattern> parseMaskPattern(const std::string& text);

}  // namespace skd
