#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/perplexity.h"

namespace skd {

/// Held-out text of one domain.
struct DomainText {
    std::string name;
    std::vector<TokenId> ids;
    std::optional<TokenId> bos = {};  ///< needed only where bos opens every window
};

struct DomainReport {
    std::string name;
    EvalReport eval;
    [[nodiscard]] Json toJson() const;
};

/// The settings that domains are scored with: the windows of paper-512-256, with the run's context,
/// stride and bos rule where that is its protocol.
EvalSettings domainSettings(const EvalSettings& settings);

/// Perplexity on each domain with domainSettings. A cancelled report is the last one. InvalidInput,
/// with the domain's name, where a text is too short.
Result<std::vector<DomainReport>> evaluateDomains(const Decoder& model,
                                                  const std::vector<DomainText>& texts,
                                                  const EvalSettings& settings,
                                                  const RunContext& context);

}  // namespace skd
