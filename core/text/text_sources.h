#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/result.h"
#include "spec/corpus_spec.h"

namespace skd {

/// "resource:NAME" is NAME in the resource folder; anything else is a path of its own.
std::filesystem::path resolveSource(const std::string& path,
                                    const std::filesystem::path& resourceFolder);

/// One document of a source.
struct SourceDocument {
    std::string text;
    std::string where;  ///< "c4.jsonl:17"
};

/// Calls `visit` with every document of a share's file: of a jsonl file the share's fields of each
/// line, joined by newlines (blank lines are passed over); of a text file the whole. An error of
/// `visit` ends it. Corrupt names file and line: invalid JSON, a field that is missing or not text.
Status visitDocuments(const CorpusShare& share, const std::filesystem::path& path,
                      const std::function<Status(SourceDocument document)>& visit);

}  // namespace skd
