#include <algorithm>

#include "base/text.h"
#include "eval/windows.h"

namespace skd {
namespace {

/// The protocol's own window, or the model's.
ProtocolDefaults windowOf(Protocol protocol, std::int64_t maxPositions) {
    const ProtocolDefaults defaults = defaultsOf(protocol);
    return defaults.context > 0 ? defaults : ProtocolDefaults{maxPositions, maxPositions};
}

/// Protocols that open every window with bos where the tokeniser adds one; the others leave it to
/// the tokeniser, once before what is tokenised.
bool opensWindows(Protocol protocol) {
    return protocol == Protocol::Paper512 || protocol == Protocol::LlamaCpp512;
}

/// What a page protocol cannot do with the spec; "" where it can.
std::string objection(const EvalSpec& spec) {
    if (spec.protocol != Protocol::LmEvalWikiText) return {};
    if (spec.stride > 0)
        return "lm-eval-wikitext scores every token once and has no stride; leave the stride at 0";
    if (spec.bos == BosRule::Window)
        return "lm-eval-wikitext has a prefix token of its own; choose the bos rule \"auto\" or "
               "\"none\"";
    return {};
}

std::string bosOf(const EvalSettings& s) {
    if (s.bos) return ", bos first";
    return s.textBos ? ", bos once" : ", no bos";
}

}  // namespace

Result<EvalSettings> resolveSettings(const EvalSpec& spec, bool addsBos,
                                     std::int64_t maxPositions) {
    if (std::string message = objection(spec); !message.empty())
        return fail(ErrorCode::InvalidInput, std::move(message));
    const ProtocolDefaults defaults = windowOf(spec.protocol, maxPositions);
    EvalSettings settings{
        spec.protocol, spec.context > 0 ? spec.context : defaults.context, 0, false, false,
        spec.quality};
    const std::int64_t scaled = defaults.stride * settings.context / defaults.context;
    settings.stride = spec.stride > 0
                          ? spec.stride
                          : std::max<std::int64_t>(1, spec.context > 0 ? scaled : defaults.stride);
    const bool own = spec.bos == BosRule::Auto && addsBos;
    settings.bos = spec.bos == BosRule::Window || (own && opensWindows(spec.protocol));
    settings.textBos = own && !opensWindows(spec.protocol);
    if (settings.context < 2)
        return fail(ErrorCode::InvalidInput,
                    strCat("a context of ", settings.context,
                           " tokens scores nothing; at least 2 are needed"));
    if (settings.stride > settings.context)
        return fail(ErrorCode::InvalidInput,
                    strCat("the stride ", settings.stride, " is longer than the context ",
                           settings.context, "; tokens would be skipped"));
    return settings;
}

std::string describe(const EvalSettings& s) {
    const std::string bos = bosOf(s),
                      windows = strCat("windows of ", s.context, " every ", s.stride, " tokens");
    switch (s.protocol) {
        case Protocol::Paper512:
            return strCat(windows, ", all targets scored (overlaps twice)", bos);
        case Protocol::NonOverlap2048:
            return strCat("chunks of ", s.context, " every ", s.stride,
                          " tokens of the rows joined by blank lines, rest dropped", bos);
        case Protocol::LlamaCpp512:
            return strCat("chunks of ", s.context, " every ", s.stride,
                          " tokens, the later ones scored",
                          s.bos ? ", first token replaced by bos" : ", no bos");
        case Protocol::LmEvalWikiText:
            return strCat("per word, detokenised pages, each token once after up to ", s.context,
                          " tokens, prefix token first", s.textBos ? ", bos scored" : "");
        case Protocol::HfStride:
            return strCat(windows,
                          " of the rows joined by blank lines, new tokens scored, each window's "
                          "mean counted one short (hf-doc)",
                          bos);
        case Protocol::Sliding:
            return strCat(windows,
                          " of the rows joined by blank lines, new tokens scored, each once", bos);
    }
    return {};
}

}  // namespace skd
