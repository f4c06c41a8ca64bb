#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace skd {

/// The `model.safetensors.index.json` of a model stored in several files.
struct SafetensorsIndex {
    struct Mapped {
        std::string tensor;
        std::size_t shard = 0;  ///< index into `shards`
    };
    std::vector<std::string> shards;  ///< plain file names, in order of first mention
    std::vector<Mapped> weights;
    std::optional<std::uint64_t> totalSize;  ///< bytes of all tensors, when given as a whole number
};

/// Parses an index. Shards must be plain names that end in ".safetensors": no folders, no "..",
/// no control characters. A tensor mapped twice is refused.
Result<SafetensorsIndex> parseSafetensorsIndex(std::string_view json);

}  // namespace skd
