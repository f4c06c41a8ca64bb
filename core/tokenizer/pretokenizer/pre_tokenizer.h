#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/pretokenizer/matcher.h"
#include "tokenizer/pretokenizer/scanners.h"

namespace skd {

/// What SentencePiece writes for a space: U+2581.
constexpr std::string_view kMetaspace = "\xE2\x96\x81";

/// Cuts text into the pieces that are encoded independently of each other: passes the pieces of
/// `text` (well-formed UTF-8, not empty) to `sink` in order. `atStart`: the text stands at the very
/// beginning of the input.
using PreTokenizer = std::function<Status(std::string_view text, bool atStart, PieceSink sink)>;

/// What becomes of the matches of a Split (names as in tokenizer.json).
enum class SplitBehavior { Isolated, Removed, MergedWithPrevious, MergedWithNext, Contiguous };
template <>
inline constexpr auto kNames<SplitBehavior> = names<SplitBehavior>({
    {SplitBehavior::Isolated, "Isolated"},
    {SplitBehavior::Removed, "Removed"},
    {SplitBehavior::MergedWithPrevious, "MergedWithPrevious"},
    {SplitBehavior::MergedWithNext, "MergedWithNext"},
    {SplitBehavior::Contiguous, "Contiguous"},
});

/// When Metaspace puts its replacement before a text.
enum class PrependScheme { Always, First, Never };
template <>
inline constexpr auto kNames<PrependScheme> = names<PrependScheme>({
    {PrependScheme::Always, "always"},
    {PrependScheme::First, "first"},
    {PrependScheme::Never, "never"},
});

/// One of the patterns that have a scanner; matches are isolated.
PreTokenizer scannerSplit(KnownPattern pattern);
/// `invert`: what does not match is treated as the match.
PreTokenizer matcherSplit(Matcher matcher, SplitBehavior behavior, bool invert);
/// ByteLevel's add_prefix_space: a piece that does not start with a space gets one.
Status prefixSpace(std::string_view text, bool atStart, PieceSink sink);
/// Spaces become `replacement`, which is put in front by `scheme`; `split` cuts before each one.
PreTokenizer metaspace(std::string replacement, PrependScheme scheme, bool split);
/// Cuts before each run of U+2581, except after the bytes in `joined`. Changes no result when those
/// are the only ones that a token has before U+2581, and makes words cacheable.
using ByteSet = std::array<bool, 256>;
PreTokenizer metaspaceRuns(const ByteSet& joined);
/// Each stage splits the pieces of the one before; no stages = the text as one piece.
PreTokenizer sequence(std::vector<PreTokenizer> stages);

}  // namespace skd
