#pragma once

#include <optional>
#include <string_view>

#include "base/fields.h"
#include "base/function_ref.h"

namespace skd {

using PieceSink = FunctionRef<void(std::string_view)>;

/// The pre-tokenisation patterns for which a hand-written scanner stands in for the regex engine.
enum class KnownPattern { Gpt2, Qwen2, Llama3, O200k, Tekken };
template <>
inline constexpr auto kNames<KnownPattern> = names<KnownPattern>({
    {KnownPattern::Gpt2, "gpt-2"},
    {KnownPattern::Qwen2, "qwen2"},
    {KnownPattern::Llama3, "llama-3"},
    {KnownPattern::O200k, "o200k"},
    {KnownPattern::Tekken, "tekken"},
});

/// The regular expression of a pattern, spelled as tokenizer.json files spell it.
std::string_view patternRegex(KnownPattern pattern);
/// The known pattern whose regular expression is exactly `regex`.
std::optional<KnownPattern> findKnownPattern(std::string_view regex);

/// Splits well-formed UTF-8 as the pattern's leftmost-first matches do; the pieces cover the text.
/// Linear in the size of the text.
void scanPieces(KnownPattern pattern, std::string_view text, PieceSink sink);

}  // namespace skd
