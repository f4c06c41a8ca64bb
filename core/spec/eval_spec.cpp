#include "spec/eval_spec.h"

#include "base/text.h"

namespace skd {

Status checkProtocolNames(const EvalSpec& spec) {
    const std::vector<std::string> names = enumNames<Protocol>();
    for (const std::string& name : spec.also) {
        Protocol protocol{};
        if (parseEnum(name, protocol)) continue;
        const std::string nearest = nearestName(name, names);
        std::string all;
        for (const std::string& known : names) all += (all.empty() ? "" : ", ") + known;
        return fail(ErrorCode::InvalidInput, strCat("\"eval.also\" names the protocol \"", name, "\", which is unknown; ",
                                                    nearest.empty() ? "choose from " + all : "did you mean \"" + nearest + "\"?"));
    }
    return {};
}

}  // namespace skd
