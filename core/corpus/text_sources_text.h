#pragma once

#include <string>

#include "corpus/text_sources.h"
#include "corpus/text_sources_stream.h"

namespace skd {

/// Gives a stream to `visit` as one document, or as several where it is longer than
/// kLongestDocument. Corrupt when it is not UTF-8 text.
Result<Visit> visitText(SourceStream& stream, const std::string& name,
                        const DocumentVisitor& visit);

/// Where a text of more than `limit` bytes is best cut: after a blank line, else after a line,
/// else between two characters; at least 1 and at most `limit`.
std::size_t bestCut(std::string_view text, std::size_t limit);

/// Corrupt with the line (`firstLine` + its place in the text) where `text` is not UTF-8 or holds
/// a NUL byte, as no text does.
Status checkText(std::string_view text, const std::string& name, std::int64_t firstLine);

}  // namespace skd
