#include "spec/eval_spec.h"

#include "base/text.h"

namespace skd {

ProtocolDefaults defaultsOf(Protocol protocol) {
    switch (protocol) {
        case Protocol::Paper512:
            return {512, 256};
        case Protocol::NonOverlap2048:
            return {2048, 2048};
        case Protocol::LlamaCpp512:
            return {512, 512};
        case Protocol::HfStride:
        case Protocol::Sliding:
            return {1024, 512};
        case Protocol::LmEvalWikiText:
            break;
    }
    return {};
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
