#pragma once

#include "corpus/text_sources.h"

namespace skd {

/// Gives each text file below a folder to `visit`; see visitDocuments. InvalidInput when `path` is
/// no folder, or no file in it counts.
Result<SourceSummary> visitFiles(const CorpusShare& share, const std::filesystem::path& path,
                                 const DocumentVisitor& visit);

}  // namespace skd
