#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tokenizer/pretokenizer/matcher.h"

namespace skd {

/// Rewrites a stretch of text before it is split into pieces.
class Normalizer {
public:
    virtual ~Normalizer() = default;
    /// The normal form of `text` (well-formed UTF-8): `text` itself where nothing changes, else a
    /// view of `buffer`.
    virtual Result<std::string_view> apply(std::string_view text, std::string& buffer) const = 0;
};

using NormalizerPtr = std::unique_ptr<const Normalizer>;

enum class UnicodeForm { Nfc, Nfkc };

/// Unicode Normalization Forms (UAX 15). Text that is already normal is recognised in one pass;
/// elsewhere only the stretches around unstable characters are rewritten.
NormalizerPtr unicodeNormalizer(UnicodeForm form);
/// Puts `prefix` before a text that is not empty.
NormalizerPtr prependNormalizer(std::string prefix);
/// Replaces every match by `content`.
NormalizerPtr replaceNormalizer(std::unique_ptr<const Matcher> matcher, std::string content);
/// Each normaliser works on the result of the one before; none = no change.
NormalizerPtr normalizerSequence(std::vector<NormalizerPtr> parts);

}  // namespace skd
