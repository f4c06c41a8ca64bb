#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/pretokenizer/matcher.h"

namespace skd {

/// Rewrites a stretch of text before it is split into pieces. Returns the normal form of `text`
/// (well-formed UTF-8): `text` itself where nothing changes, else a view of `buffer`. Unsupported
/// where rules make more than `limit` bytes of it.
using Normalizer = std::function<Result<std::string_view>(std::string_view text,
                                                          std::string& buffer, std::size_t limit)>;

/// Bytes that the normal form of a text of `size` may have: rules that feed each other grow a text
/// without end. Unicode's own forms need a third of it at most.
constexpr std::size_t normalFormLimit(std::size_t size) {
    return 32 * size + 4096;
}

enum class UnicodeForm { Nfc, Nfkc };

/// Unicode Normalization Forms (UAX 15). Text that is already normal is recognised in one pass;
/// elsewhere only the stretches around unstable characters are rewritten.
Normalizer unicodeNormalizer(UnicodeForm form);
/// Puts `prefix` before a text that is not empty.
Normalizer prependNormalizer(std::string prefix);
/// Replaces every match by `content`.
Normalizer replaceNormalizer(Matcher matcher, std::string content);
/// Each normaliser works on the result of the one before; none = no change.
Normalizer normalizerSequence(std::vector<Normalizer> parts);

}  // namespace skd
