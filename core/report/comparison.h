#pragma once

#include "report/report.h"

namespace skd {

/// Runs side by side: their figures, and the fields in which their specs differ.
struct Comparison {
    ReportTable figures, differences;
    Json json;
    /// Names of the runs that no other beats in MLP parameters removed and post-KD perplexity, by
    /// perplexity; none where fewer than two have both
    std::vector<std::string> front;
};

/// The same of runs that are at hand, under these names.
Comparison compareDetails(const std::vector<std::string>& names,
                          const std::vector<RunDetails>& runs);

/// "12" is a run of `workspace`, "file.sqlite:12" one of another.
Result<Comparison> compareRuns(const std::vector<std::string>& runs, const std::string& workspace);

}  // namespace skd
