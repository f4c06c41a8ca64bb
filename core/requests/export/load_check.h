#pragma once

#include "requests/export/weights.h"

namespace skd {

/// What a written model answers when it is opened again.
struct LoadCheck {
    std::int64_t tokens = 0;  ///< greedy tokens that the model gave before it was written
    std::int64_t equal = 0;   ///< of these, those that the written one gives in their places
};

/// Opens what was written to `work.folder` with this program's own reader and asks it for the
/// greedy tokens that the model gives after a short text. Corrupt where it cannot be opened, reads
/// the text as other tokens, or is further from the model than rounding to the type explains.
/// `weights` is the file that writeExport named. Nothing when cancelled.
Result<std::optional<LoadCheck>> checkExport(const ExportWork& work, const std::string& weights,
                                             const RunContext& context);

Json toJson(const LoadCheck& check);

}  // namespace skd
