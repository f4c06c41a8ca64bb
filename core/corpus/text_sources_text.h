#pragma once

#include <string>

#include "corpus/text_sources.h"
#include "corpus/text_sources_stream.h"

namespace skd {

/// Gives a stream to `visit` as one document, or as several where it is longer than
/// kLongestDocument. Corrupt when it is not UTF-8 text.
Result<Visit> visitText(SourceStream& stream, const std::string& name,
                        const DocumentVisitor& visit);

/// Gives each article of a WikiText stream to `visit`, without the blank lines around it.
/// InvalidInput when the stream has no article's heading.
Result<Visit> visitArticles(SourceStream& stream, const std::string& name,
                            const DocumentVisitor& visit);

/// Gives each text file below a folder to `visit`; see visitDocuments. InvalidInput when `path` is
/// no folder, or no file in it counts.
Result<SourceSummary> visitFiles(const CorpusShare& share, const std::filesystem::path& path,
                                 const DocumentVisitor& visit);

/// Where a text of more than `limit` bytes is best cut: after a blank line, else after a line,
/// else between two characters; at least 1 and at most `limit`.
std::size_t bestCut(std::string_view text, std::size_t limit);

}  // namespace skd
