#pragma once

#include "run/run_work.h"

namespace skd {

/// Held-out text of every corpus share, for figures that show overfitting to one of them. Empty
/// where eval.domain_tokens is 0.
Result<std::vector<DomainText>> heldOutDomains(const RunWork& work);

/// Perplexity of `model` on each held-out domain, measured once per run and `key` and emitted as
/// metrics "ppl.domain.NAME" at `step`. Empty without domains, and where the work is stopped
/// meanwhile.
Result<DomainScores> scoreDomains(RunWork& work, const Decoder& model, const std::string& key,
                                  std::int64_t step);

/// Scorers of the further protocols (eval.also), whole text. Errors of a text that is too short for
/// one of them, by its name.
Result<std::vector<std::pair<std::string, Scorer>>> extraScorers(const RunWork& work);

/// What is measured once a run's student is final, for its summary: further
/// protocols (eval.also) of the starting and the final model, and how far their predictions lie
/// apart (eval.quality), how long both take (inference), and how far
/// repeated answers differ (consistency). Loads the starting model again where it needs it. Stops
/// the work when cancelled.
Status assessFinal(RunWork& work);

}  // namespace skd
