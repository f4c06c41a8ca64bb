#include "spec/eval_spec.h"

#include <filesystem>

#include "base/text.h"

namespace skd {

ProtocolDefaults defaultsOf(Protocol protocol) {
    // In the order of Protocol.
    static constexpr ProtocolDefaults kInOrder[] = {{512, 256}, {2048, 2048}, {512, 512},
                                                    {0, 0},     {1024, 512},  {1024, 512}};
    return kInOrder[static_cast<std::size_t>(protocol)];
}

std::string selectionName(const EvalSpec& spec) {
    if (spec.selection.empty()) return "evaluation text";
    if (spec.selection == EvalSpec().selection) return "held-out validation text";
    return strCat("selection text ", std::filesystem::path(spec.selection).filename().string());
}

std::string liveSliceName(const EvalSpec& spec) {
    // An evaluation text is used no further than its own limit.
    const bool shorter = spec.selection.empty() && spec.maxTokens > 0 &&
                         (spec.liveTokens == 0 || spec.maxTokens < spec.liveTokens);
    const std::int64_t tokens = shorter ? spec.maxTokens : spec.liveTokens;
    const std::string part =
        tokens > 0 ? strCat("first ", groupDigits(tokens), " tokens of the ") : "whole ";
    return part + selectionName(spec);
}

Status checkProtocolNames(const EvalSpec& spec) {
    const std::vector<std::string> names = enumNames<Protocol>();
    for (const std::string& name : spec.also) {
        Protocol protocol{};
        if (parseEnum(name, protocol)) continue;
        const std::string nearest = nearestName(name, names);
        return fail(ErrorCode::InvalidInput,
                    strCat("\"eval.also\" names the protocol \"", name, "\", which is unknown; ",
                           nearest.empty() ? "choose from " + joined(names)
                                           : "did you mean \"" + nearest + "\"?"));
    }
    return {};
}

}  // namespace skd
