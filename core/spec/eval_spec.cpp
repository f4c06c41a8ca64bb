#include "spec/eval_spec.h"

#include "base/text.h"

namespace skd {

ProtocolDefaults defaultsOf(Protocol protocol) {
    // In the order of Protocol.
    static constexpr ProtocolDefaults kInOrder[] = {{512, 256}, {2048, 2048}, {512, 512},
                                                    {0, 0},     {1024, 512},  {1024, 512}};
    return kInOrder[static_cast<std::size_t>(protocol)];
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
