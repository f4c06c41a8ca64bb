#pragma once

#include <string_view>

#include "base/result.h"
#include "tokenizer/model/tokenizer_parts.h"

namespace skd {

/// Reads a tokenizer.json of `tokenizers` whose model is a byte-pair encoding. `config` is the text
/// of tokenizer_config.json, or "" when there is none. Truncation and padding settings are not
/// part of turning text into ids and are not applied.
Result<TokenizerBlueprint> readTokenizerJson(std::string_view json, std::string_view config);

}  // namespace skd
