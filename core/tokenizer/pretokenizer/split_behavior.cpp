#include "tokenizer/pretokenizer/split_behavior.h"

#include <algorithm>

namespace skd {
namespace {

std::vector<Span> contiguous(const std::vector<Span>& spans) {
    std::vector<Span> merged;
    for (const Span& span : spans) {
        if (!merged.empty() && merged.back().isMatch == span.isMatch)
            merged.back().end = span.end;
        else
            merged.push_back(span);
    }
    return merged;
}

std::vector<Span> withPrevious(const std::vector<Span>& spans) {
    std::vector<Span> merged;
    bool previousMatch = false;
    for (const Span& span : spans) {
        if (span.isMatch && !previousMatch && !merged.empty())
            merged.back().end = span.end;
        else
            merged.push_back(span);
        previousMatch = span.isMatch;
    }
    return merged;
}

std::vector<Span> withNext(const std::vector<Span>& spans) {
    std::vector<Span> merged;
    bool previousMatch = false;
    for (auto span = spans.rbegin(); span != spans.rend(); ++span) {
        if (span->isMatch && !previousMatch && !merged.empty())
            merged.back().begin = span->begin;
        else
            merged.push_back(*span);
        previousMatch = span->isMatch;
    }
    std::reverse(merged.begin(), merged.end());
    return merged;
}

}  // namespace

std::vector<Span> mergeSpans(const std::vector<Span>& spans, SplitBehavior behavior) {
    switch (behavior) {
        case SplitBehavior::Contiguous:
            return contiguous(spans);
        case SplitBehavior::MergedWithPrevious:
            return withPrevious(spans);
        case SplitBehavior::MergedWithNext:
            return withNext(spans);
        case SplitBehavior::Isolated:
        case SplitBehavior::Removed:
            break;
    }
    return spans;
}

}  // namespace skd
