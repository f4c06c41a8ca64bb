#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace skd {

/// Rewrites an Oniguruma (Ruby syntax) pattern, as tokenizer.json files carry it, for PCRE2 with
/// UTF, UCP and MULTILINE, so that both match alike: \s is Unicode White_Space, \w Alphabetic and
/// marks and digits and connectors, \h a hexadecimal digit, (?m) dot-matches-newline, `{n,m}+` a
/// repetition of a repetition. Constructs with another meaning in PCRE2 are refused by name.
Result<std::string> translateOniguruma(std::string_view pattern);

}  // namespace skd
