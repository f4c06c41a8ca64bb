#include "eval/domains.h"

#include "base/text.h"

namespace skd {

EvalSettings domainSettings(const EvalSettings& settings) {
    if (settings.protocol == Protocol::Paper512) return settings;
    return {.protocol = Protocol::Paper512,
            .context = 512,
            .stride = 256,
            .bos = settings.bos || settings.textBos,
            .textBos = false,
            .quality = settings.quality};
}

Result<std::vector<DomainReport>> evaluateDomains(const Decoder& model,
                                                  const std::vector<DomainText>& texts,
                                                  const EvalSettings& settings,
                                                  const RunContext& context) {
    std::vector<DomainReport> reports;
    const EvalSettings used = domainSettings(settings);
    for (const DomainText& domain : texts) {
        EvalText text;
        text.ids = domain.ids;
        text.bos = domain.bos;
        auto report = perplexity(model, text, used, context);
        if (!report) return fail(report.error().in(strCat("held-out text of ", domain.name)));
        reports.push_back({domain.name, std::move(*report)});
        if (reports.back().eval.cancelled) break;
    }
    return reports;
}

Json DomainReport::toJson() const {
    return {{"domain", name},
            {"ppl", eval.perplexity},
            {"standard_error", eval.standardError},
            {"nll_sum", eval.nllSum},
            {"scored_tokens", eval.scoredTokens},
            {"tokens", eval.tokens},
            {"definition", describe(eval.settings)}};
}

}  // namespace skd
