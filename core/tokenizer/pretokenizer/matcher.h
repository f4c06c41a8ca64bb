#pragma once

#include <functional>
#include <string_view>

#include "base/function_ref.h"
#include "base/result.h"

namespace skd {

using MatchVisit = FunctionRef<void(std::size_t begin, std::size_t end)>;
/// Finds the places at which a Split or a Replace acts: calls `visit` for the matches in `text`
/// (well-formed UTF-8), left to right, not overlapping.
using Matcher = std::function<Status(std::string_view text, MatchVisit visit)>;

/// Matches of a regular expression in tokenizer.json's (Oniguruma's) spelling, for patterns that
/// have no hand-written scanner (PCRE2, JIT where the machine allows it). An empty match right
/// after the previous match is skipped. Fails, naming the byte, when backtracking exceeds its
/// limit. Usable from many threads.
Result<Matcher> regexMatcher(std::string_view pattern);
/// Occurrences of a non-empty literal.
Result<Matcher> literalMatcher(std::string_view literal);
/// Each numeric character (\p{N}).
Status matchDigits(std::string_view text, MatchVisit visit);

}  // namespace skd
