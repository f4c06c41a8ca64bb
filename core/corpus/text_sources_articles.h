#pragma once

#include <string>

#include "corpus/text_sources.h"
#include "corpus/text_sources_stream.h"

namespace skd {

/// Gives each article of a WikiText stream to `visit`, without the blank lines around it.
/// InvalidInput when the stream has no article's heading.
Result<Visit> visitArticles(SourceStream& stream, const std::string& name,
                            const DocumentVisitor& visit);

}  // namespace skd
