#include "eval/windows.h"

#include <algorithm>

#include "base/text.h"

namespace skd {
namespace {

struct Defaults {
    std::int64_t context, stride;
};

Defaults defaultsOf(Protocol protocol) {
    switch (protocol) {
        case Protocol::Paper512: return {512, 256};
        case Protocol::NonOverlap2048: return {2048, 2048};
        case Protocol::LlamaCpp512: return {512, 512};
    }
    return {512, 256};
}

/// Every target of every window is scored, so overlaps count twice; the last window may be short.
std::vector<Window> paperWindows(std::int64_t tokens, const EvalSettings& s) {
    std::vector<Window> windows;
    for (std::int64_t begin = 0; begin < tokens; begin += s.stride) {
        windows.push_back({begin, std::min(s.context, tokens - begin), s.bos ? 0 : 1, false});
        if (begin + s.context >= tokens) break;
    }
    // A last window of one token without context has nothing to score.
    if (!s.bos && windows.back().length < 2) windows.pop_back();
    return windows;
}

std::vector<Window> chunkWindows(std::int64_t tokens, const EvalSettings& s) {
    std::vector<Window> windows;
    for (std::int64_t begin = 0; begin + s.context <= tokens; begin += s.stride) windows.push_back({begin, s.context, s.bos ? 0 : 1, false});
    return windows;
}

/// The second half of each chunk is scored; with a shorter stride only the last `stride` tokens.
std::vector<Window> llamaWindows(std::int64_t tokens, const EvalSettings& s) {
    std::vector<Window> windows;
    const std::int64_t first = s.stride == s.context ? s.context / 2 + 1 : s.context - s.stride;
    for (std::int64_t begin = 0; begin + s.context <= tokens; begin += s.stride)
        windows.push_back({begin, s.context, std::max<std::int64_t>(first, 1), s.bos});
    return windows;
}

}  // namespace

Result<EvalSettings> resolveSettings(const EvalSpec& spec, bool addsBos) {
    const Defaults defaults = defaultsOf(spec.protocol);
    EvalSettings settings{spec.protocol, spec.context > 0 ? spec.context : defaults.context, 0, false};
    const std::int64_t scaled = defaults.stride * settings.context / defaults.context;
    settings.stride = spec.stride > 0 ? spec.stride : std::max<std::int64_t>(1, spec.context > 0 ? scaled : defaults.stride);
    settings.bos = spec.bos == BosRule::Window || (spec.bos == BosRule::Auto && addsBos);
    if (settings.context < 2) return fail(ErrorCode::InvalidInput, strCat("a context of ", settings.context, " tokens scores nothing; at least 2 are needed"));
    if (settings.stride > settings.context)
        return fail(ErrorCode::InvalidInput, strCat("the stride ", settings.stride, " is longer than the context ", settings.context, "; tokens would be skipped"));
    return settings;
}

std::string describe(const EvalSettings& s) {
    const std::string bos = s.bos ? ", bos in front" : ", no bos";
    switch (s.protocol) {
        case Protocol::Paper512:
            return strCat("windows of ", s.context, " every ", s.stride, " tokens, all targets scored (overlaps twice)", bos);
        case Protocol::NonOverlap2048: return strCat("chunks of ", s.context, " every ", s.stride, " tokens of the rows joined by blank lines, rest dropped", bos);
        case Protocol::LlamaCpp512: return strCat("chunks of ", s.context, " every ", s.stride, " tokens, the later ones scored", s.bos ? ", first token replaced by bos" : ", no bos");
    }
    return {};
}

Result<std::vector<Window>> cutWindows(std::int64_t tokens, const EvalSettings& s) {
    const std::int64_t needed = s.protocol == Protocol::Paper512 ? (s.bos ? 1 : 2) : s.protocol == Protocol::LlamaCpp512 ? 2 * s.context : s.context;
    if (tokens < needed)
        return fail(ErrorCode::InvalidInput, strCat("the text has ", tokens, " tokens, but ", enumName(s.protocol), " with a context of ", s.context,
                                                    " needs at least ", needed, "; give a longer text or a smaller --context"));
    switch (s.protocol) {
        case Protocol::Paper512: return paperWindows(tokens, s);
        case Protocol::NonOverlap2048: return chunkWindows(tokens, s);
        case Protocol::LlamaCpp512: return llamaWindows(tokens, s);
    }
    return fail(ErrorCode::Internal, "unknown protocol");
}

}  // namespace skd
