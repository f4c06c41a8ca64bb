#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/function_ref.h"
#include "base/result.h"

namespace skd {

/// Finds the places at which a Split or a Replace acts.
class Matcher {
public:
    using Visit = FunctionRef<void(std::size_t begin, std::size_t end)>;
    virtual ~Matcher() = default;
    /// Calls `visit` for the matches in `text` (well-formed UTF-8), left to right, not overlapping.
    virtual Status forEachMatch(std::string_view text, Visit visit) const = 0;
};

/// Matches of a regular expression in tokenizer.json's spelling.
Result<std::unique_ptr<const Matcher>> regexMatcher(std::string_view pattern);
/// Occurrences of a non-empty literal.
Result<std::unique_ptr<const Matcher>> literalMatcher(std::string_view literal);
/// Each numeric character (\p{N}).
std::unique_ptr<const Matcher> digitMatcher();

}  // namespace skd
