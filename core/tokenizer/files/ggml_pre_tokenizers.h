#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace skd {

/// What a value of tokenizer.ggml.pre means.
struct GgmlPreTokenizer {
    Json description;  ///< as the `pre_tokenizer` of a tokenizer.json
    std::string name{};
    bool normalizesNfc = false;
    bool ignoreMerges = false;
    bool addsBos = false;  ///< when the file does not say
};

/// Unsupported, with the known names, for a name that is not known; "" and "default" give the
/// four-stage split of old files.
Result<GgmlPreTokenizer> findGgmlPreTokenizer(std::string_view name);

}  // namespace skd
