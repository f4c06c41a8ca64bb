#include "eval/protocols.h"

#include <algorithm>

namespace skd {

Result<std::vector<EvalSpec>> protocolSpecs(const EvalSpec& spec) {
    SKD_CHECK(checkProtocolNames(spec));
    std::vector<EvalSpec> specs{spec};
    specs.front().also.clear();
    for (const std::string& name : spec.also) {
        EvalSpec other = specs.front();
        parseEnum(name, other.protocol);
        other.context = other.stride = 0;
        if (other.protocol == Protocol::LmEvalWikiText && other.bos == BosRule::Window)
            other.bos = BosRule::Auto;
        const bool known = std::any_of(specs.begin(), specs.end(), [&](const EvalSpec& s) {
            return s.protocol == other.protocol;
        });
        if (!known) specs.push_back(other);
    }
    return specs;
}

Result<std::vector<EvalReport>> evaluateProtocols(const Decoder& model, const Tokenizer& tokenizer,
                                                  const EvalSpec& spec, const RunContext& context) {
    SKD_TRY(const std::vector<EvalSpec> specs, protocolSpecs(spec));
    std::vector<EvalReport> reports;
    for (const EvalSpec& one : specs) {
        SKD_TRY(const EvalText text, loadEvalText(one, tokenizer));
        SKD_TRY(const EvalSettings settings,
                resolveSettings(one, text.addsBos, model.config.maxPositions));
        SKD_TRY(EvalReport report, perplexity(model, text, settings, context));
        reports.push_back(std::move(report));
        if (reports.back().cancelled) break;
    }
    return reports;
}

}  // namespace skd
