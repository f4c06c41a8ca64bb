#pragma once

#include "store/records.h"

namespace skd {

/// The answers that a run's summary has, and those that its stages have told of since: a run that
/// was interrupted has no summary of them.
std::vector<AnswerSet> knownAnswers(const RunSummary& summary, const std::vector<EventRow>& events);

}  // namespace skd
