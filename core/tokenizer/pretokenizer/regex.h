#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/function_ref.h"
#include "base/result.h"

namespace skd {

/// A compiled regular expression for patterns that have no hand-written scanner (PCRE2, JIT where
/// the machine allows it). Immutable, usable from many threads.
class Regex {
public:
    /// `pattern` in the Oniguruma spelling of tokenizer.json.
    static Result<std::shared_ptr<const Regex>> compile(std::string_view pattern);
    ~Regex();
    Regex(const Regex&) = delete;
    Regex& operator=(const Regex&) = delete;

    /// Calls `visit(begin, end)` for the matches in `text` (well-formed UTF-8), left to right. An
    /// empty match right after the previous match is skipped. Fails, naming the byte, when
    /// backtracking exceeds its limit.
    Status forEachMatch(std::string_view text,
                        FunctionRef<void(std::size_t, std::size_t)> visit) const;

    [[nodiscard]] const std::string& pattern() const { return m_pattern; }

private:
    Regex() = default;
    std::string m_pattern;
    struct Code;
    std::unique_ptr<Code> m_code;
};

}  // namespace skd
