#pragma once

#include <filesystem>

#include "base/result.h"
#include "store/records.h"

namespace skd::cli {

/// All that a workspace knows of a run, but its events: spec, figures, metrics and ranks; "answers"
/// to its prompts, "ramps" that found its learning rates and the "forecast" of its recovery where
/// there are any.
Result<Json> showRun(const std::filesystem::path& workspace, RunId run);

/// The same for display: `key: value` lines, and sentences about what was found.
void printRunRecord(const Json& run);

/// What the models of a run have said, one after the other.
void printRecordedAnswers(const std::vector<AnswerSet>& sets);

/// One row of the run list.
Json rowJson(const RunRow& row);

}  // namespace skd::cli
