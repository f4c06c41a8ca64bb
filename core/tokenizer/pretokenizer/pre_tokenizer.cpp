#include "tokenizer/pretokenizer/pre_tokenizer.h"

#include <algorithm>
#include <span>

namespace skd {
namespace {

/// Whether a part of the text is one piece with the part before it (`tokenizers`,
/// NormalizedString::split).
bool joins(SplitBehavior behavior, bool previousMatches, bool matches) {
    switch (behavior) {
        case SplitBehavior::Contiguous:
            return previousMatches == matches;
        case SplitBehavior::MergedWithPrevious:
            return !previousMatches && matches;
        case SplitBehavior::MergedWithNext:
            return previousMatches && !matches;
        case SplitBehavior::Isolated:
        case SplitBehavior::Removed:
            break;
    }
    return false;
}

std::string replaceSpaces(std::string_view text, const std::string& replacement, bool prepend) {
    std::string replaced;
    replaced.reserve(text.size() + text.size() / 2);
    if (prepend && !text.starts_with(' ') && !text.starts_with(replacement))
        replaced += replacement;
    for (const char c : text) {
        if (c == ' ')
            replaced += replacement;
        else
            replaced += c;
    }
    return replaced;
}

Status runStages(std::span<const PreTokenizer> stages, std::string_view text, bool atStart,
                 PieceSink sink) {
    if (stages.empty()) {
        sink(text);
        return {};
    }
    if (stages.size() == 1) return stages.front()(text, atStart, sink);
    Status status;
    bool first = atStart;
    const auto next = [&](std::string_view piece) {
        if (status) status = runStages(stages.subspan(1), piece, first, sink);
        first = false;
    };
    SKD_CHECK(stages.front()(text, atStart, next));
    return status;
}

}  // namespace

PreTokenizer scannerSplit(KnownPattern pattern) {
    return [pattern](std::string_view text, bool, PieceSink sink) -> Status {
        scanPieces(pattern, text, sink);
        return {};
    };
}

PreTokenizer matcherSplit(Matcher matcher, SplitBehavior behavior, bool invert) {
    return
        [=, matcher = std::move(matcher)](std::string_view text, bool, PieceSink sink) -> Status {
            std::size_t begin = 0, end = 0;  // of the piece that the next part may still join
            bool isMatch = false;
            const auto emit = [&] {
                if (begin != end && !(isMatch && behavior == SplitBehavior::Removed))
                    sink(text.substr(begin, end - begin));
            };
            const auto add = [&](std::size_t upTo, bool matches) {
                if (!joins(behavior, isMatch, matches)) {
                    emit();
                    begin = end;
                }
                end = upTo;
                isMatch = matches;
            };
            SKD_CHECK(matcher(text, [&](std::size_t from, std::size_t to) {
                if (end != from) add(from, invert);
                add(to, !invert);
            }));
            if (end != text.size()) add(text.size(), invert);
            emit();
            return {};
        };
}

Status prefixSpace(std::string_view text, bool, PieceSink sink) {
    if (text.starts_with(' ')) {
        sink(text);
    } else {
        std::string prefixed(" ");
        prefixed += text;
        sink(prefixed);
    }
    return {};
}

PreTokenizer metaspace(std::string replacement, PrependScheme scheme, bool split) {
    return [=, replacement = std::move(replacement)](std::string_view text, bool atStart,
                                                     PieceSink sink) -> Status {
        const bool prepend =
            scheme == PrependScheme::Always || (scheme == PrependScheme::First && atStart);
        const std::string replaced = replaceSpaces(text, replacement, prepend);
        std::string_view rest = replaced;
        while (split && !rest.empty()) {
            const std::size_t next =
                rest.find(replacement, rest.starts_with(replacement) ? replacement.size() : 0);
            sink(rest.substr(0, next));
            rest.remove_prefix(std::min(next, rest.size()));
        }
        if (!split) sink(rest);
        return {};
    };
}

PreTokenizer metaspaceRuns(const ByteSet& joined) {
    return [joined](std::string_view text, bool, PieceSink sink) -> Status {
        std::size_t begin = 0;
        std::size_t at = 0;
        while (at < text.size()) {
            while (text.substr(at).starts_with(kMetaspace)) at += kMetaspace.size();
            at = std::min(text.find(kMetaspace, at), text.size());
            if (at < text.size() && joined[static_cast<unsigned char>(text[at - 1])]) continue;
            sink(text.substr(begin, at - begin));
            begin = at;
        }
        return {};
    };
}

PreTokenizer sequence(std::vector<PreTokenizer> stages) {
    if (stages.size() == 1) return std::move(stages.front());
    return [stages = std::move(stages)](std::string_view text, bool atStart, PieceSink sink) {
        return runStages(stages, text, atStart, sink);
    };
}

}  // namespace skd
