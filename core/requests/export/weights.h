#pragma once

#include "requests/export/origin.h"

namespace skd {

/// What an export is written with.
struct ExportWork {
    const ExportRequest& request;
    const ExportOrigin& origin;
    const OpenModel& model;  ///< f32
    std::filesystem::path folder;
    std::function<Status()> proceed;  ///< asked before every tensor; fails when cancelled
};

/// Weights, config and tokeniser in the format asked for. Returns the name of the file that holds
/// the weights.
Result<std::string> writeExport(const ExportWork& work);

/// {"factored_matrices", "masked_weights"}: how many of each.
Json prunedCounts(const Decoder& decoder);

/// What the weights will take on disk, roughly.
std::uint64_t exportBytes(const OpenModel& model, const ExportRequest& request);

}  // namespace skd
