#include "eval/windows.h"

#include <algorithm>

#include "base/text.h"

namespace skd {
namespace {

using Windows = std::vector<Window>;

/// Every target of every window is scored, so overlaps count twice; the last window may be short.
Windows paperWindows(std::int64_t tokens, const EvalSettings& s) {
    Windows windows;
    for (std::int64_t begin = 0; begin < tokens; begin += s.stride) {
        windows.push_back({.begin = begin,
                           .length = std::min(s.context, tokens - begin),
                           .firstScored = s.bos ? 0 : 1});
        if (begin + s.context >= tokens) break;
    }
    // A last window of one token without context has nothing to score.
    if (!s.bos && windows.back().length < 2) windows.pop_back();
    return windows;
}

/// Whole windows like `window`, one every `stride` tokens.
Windows wholeWindows(std::int64_t tokens, const EvalSettings& s, Window window) {
    Windows windows;
    window.length = s.context;
    for (; window.begin + s.context <= tokens; window.begin += s.stride) windows.push_back(window);
    return windows;
}

/// The second half of each chunk is scored; with a shorter stride only the last `stride` tokens.
Windows llamaWindows(std::int64_t tokens, const EvalSettings& s) {
    const std::int64_t first = s.stride == s.context ? s.context / 2 + 1 : s.context - s.stride;
    return wholeWindows(tokens, s,
                        {.firstScored = std::max<std::int64_t>(first, 1), .replaceFirst = s.bos});
}

/// Each window scores the tokens after those of the one before it. `literal`: its mean counts for
/// one token less than it is new, as the recipe on Hugging Face has it (one short from the second
/// window on).
Windows slidingWindows(std::int64_t tokens, const EvalSettings& s, bool literal) {
    Windows windows;
    for (std::int64_t begin = 0, previousEnd = 0; previousEnd < tokens; begin += s.stride) {
        const std::int64_t end = std::min(begin + s.context, tokens), fresh = end - previousEnd;
        Window window{.begin = begin,
                      .length = end - begin,
                      .firstScored = std::max<std::int64_t>(end - begin - fresh, s.bos ? 0 : 1)};
        if (literal) window.counted = fresh - 1;
        if (window.scored() > 0) windows.push_back(window);
        previousEnd = end;
    }
    return windows;
}

/// The prefix token and the first tokens; then the last `context` tokens before each next
/// part.
Windows rollingWindows(const EvalText& text, const EvalSettings& s) {
    Windows windows;
    for (std::size_t i = 0; i < text.pages.size(); ++i) {
        const EvalPage& page = text.pages[i];
        for (std::int64_t predicted = 0; predicted < page.length;) {
            const std::int64_t end = std::min(predicted + s.context, page.length),
                               begin = std::max<std::int64_t>(0, end - s.context - 1);
            Window window{.begin = page.begin + begin,
                          .length = end - begin,
                          .firstScored = predicted - begin,
                          .readsLast = false,
                          .page = static_cast<std::int64_t>(i)};
            window.prefix = predicted == 0;
            windows.push_back(window);
            predicted = end;
        }
    }
    return windows;
}

std::int64_t tokensNeeded(const EvalSettings& s) {
    if (s.protocol == Protocol::NonOverlap2048) return s.context;
    if (s.protocol == Protocol::LlamaCpp512) return 2 * s.context;
    if (s.protocol == Protocol::LmEvalWikiText) return 1;
    return s.bos ? 1 : 2;
}

Result<Windows> windowsOfAllTokens(const EvalText& text, const EvalSettings& s) {
    const auto tokens = static_cast<std::int64_t>(text.ids.size());
    switch (s.protocol) {
        case Protocol::Paper512:
            return paperWindows(tokens, s);
        case Protocol::NonOverlap2048:
            return wholeWindows(tokens, s, {.firstScored = s.bos ? 0 : 1});
        case Protocol::LlamaCpp512:
            return llamaWindows(tokens, s);
        case Protocol::HfStride:
            return slidingWindows(tokens, s, true);
        case Protocol::Sliding:
            return slidingWindows(tokens, s, false);
        case Protocol::LmEvalWikiText:
            break;
    }
    if (text.pages.empty())
        return fail(ErrorCode::InvalidInput,
                    "lm-eval-wikitext scores pages, but this text was not read as pages");
    return rollingWindows(text, s);
}

}  // namespace

Result<Windows> cutWindows(const EvalText& text, const EvalSettings& s) {
    const auto tokens = static_cast<std::int64_t>(text.ids.size());
    if (tokens < tokensNeeded(s))
        return fail(ErrorCode::InvalidInput,
                    strCat("the text has ", tokens, " tokens, but ", enumName(s.protocol),
                           " with a context of ", s.context, " needs at least ", tokensNeeded(s),
                           "; give a longer text or a smaller --context"));
    SKD_TRY(Windows windows, windowsOfAllTokens(text, s));
    if (text.unscored.empty()) return windows;
    for (Window& window : windows)
        for (std::int64_t i = window.firstScored; i < window.length; ++i)
            window.unscored += text.isUnscored(window.begin + i);
    std::erase_if(windows, [](const Window& window) { return window.scored() <= 0; });
    if (windows.empty())
        return fail(ErrorCode::InvalidInput,
                    "every token of the text belongs to an unknown word (<unk>), so nothing can be "
                    "scored; give another text");
    return windows;
}

std::vector<std::int64_t> scoredTokens(const EvalText& text, const Window& window) {
    std::vector<std::int64_t> tokens;
    for (std::int64_t i = window.begin + window.firstScored; i < window.begin + window.length; ++i)
        if (!text.isUnscored(i)) tokens.push_back(i);
    return tokens;
}

EvalText firstTokens(EvalText text, std::int64_t tokens) {
    if (tokens <= 0 || tokens >= static_cast<std::int64_t>(text.ids.size())) return text;
    if (!text.pages.empty()) {
        std::size_t pages = 1;
        while (pages < text.pages.size() &&
               text.pages[pages].begin + text.pages[pages].length <= tokens)
            ++pages;
        text.pages.resize(pages);
        tokens = text.pages.back().begin + text.pages.back().length;
    }
    text.ids.resize(static_cast<std::size_t>(tokens));
    if (!text.unscored.empty()) text.unscored.resize(text.ids.size());
    return text;
}

}  // namespace skd
