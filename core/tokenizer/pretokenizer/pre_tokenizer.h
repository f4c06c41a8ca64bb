#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tokenizer/pretokenizer/matcher.h"
#include "tokenizer/pretokenizer/scanners.h"

namespace skd {

/// Cuts text into the pieces that are encoded independently of each other.
class PreTokenizer {
public:
    virtual ~PreTokenizer() = default;
    /// Passes the pieces of `text` (well-formed UTF-8, not empty) to `sink` in order. `atStart`:
    /// the text stands at the very beginning of the input.
    virtual Status split(std::string_view text, bool atStart, PieceSink sink) const = 0;
};

using PreTokenizerPtr = std::unique_ptr<const PreTokenizer>;

/// What becomes of the matches of a Split (names as in tokenizer.json).
enum class SplitBehavior { Isolated, Removed, MergedWithPrevious, MergedWithNext, Contiguous };

/// When Metaspace puts its replacement before a text.
enum class PrependScheme { Always, First, Never };

/// One of the patterns that have a scanner; matches are isolated.
PreTokenizerPtr scannerSplit(KnownPattern pattern);
/// `invert`: what does not match is treated as the match.
PreTokenizerPtr matcherSplit(std::unique_ptr<const Matcher> matcher, SplitBehavior behavior,
                             bool invert);
/// ByteLevel's add_prefix_space: a piece that does not start with a space gets one.
PreTokenizerPtr prefixSpace();
/// Spaces become `replacement`, which is put in front by `scheme`; `split` cuts before each one.
PreTokenizerPtr metaspace(std::string replacement, PrependScheme scheme, bool split);
/// Cuts before each run of U+2581, except after the bytes in `joined`. Changes no result when those
/// are the only ones that a token has before U+2581, and makes words cacheable.
using ByteSet = std::array<bool, 256>;
PreTokenizerPtr metaspaceRuns(const ByteSet& joined);
/// Each stage splits the pieces of the one before; no stages = the text as one piece.
PreTokenizerPtr sequence(std::vector<PreTokenizerPtr> stages);

}  // namespace skd
