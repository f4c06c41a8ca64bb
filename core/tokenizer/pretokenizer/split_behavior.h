#pragma once

#include <cstddef>
#include <vector>

#include "tokenizer/pretokenizer/pre_tokenizer.h"

namespace skd {

/// A part of a text, and whether the pattern of a Split matched it.
struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool isMatch = false;
};

/// Joins adjacent spans as `behavior` says (`tokenizers`, NormalizedString::split). Isolated and
/// Removed join nothing and return the spans as they are.
std::vector<Span> mergeSpans(const std::vector<Span>& spans, SplitBehavior behavior);

}  // namespace skd
