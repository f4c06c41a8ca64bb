#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "spec/corpus_spec.h"

namespace skd {

/// One document of a source.
struct SourceDocument {
    std::string text;
    std::string where;           ///< "c4.jsonl:17"
    std::uint64_t position = 0;  ///< bytes of the source, as it lies on disk, read so far
};

/// Whether a visitor wants more.
enum class Visit { Continue, Stop };
using DocumentVisitor = std::function<Result<Visit>(SourceDocument document)>;

/// What a source turned out to be.
struct SourceSummary {
    std::uint64_t bytes = 0;  ///< on disk
    std::int64_t files = 0;
    std::string
        sha256;  ///< of the file; of a folder, of its files' names and hashes; "" when stopped
    std::int64_t refused = 0;  ///< files of a folder that are not UTF-8 text, rows of JSON lines
    std::vector<std::string> refusedNames;  ///< the first ten of them
};

/// Text and WikiText documents longer than this are cut at a blank line, a line's end or, failing
/// both, between two characters, so that no file is too large.
constexpr std::size_t kLongestDocument = 8u << 20;

/// Calls `visit` with every document of a share's source, in order, with bounded memory; files may
/// be compressed by gzip.
/// - jsonl: the share's fields of each line, joined by newlines (blank lines are skipped); up to 5
/// %
///   of the rows may be unreadable, and are refused and counted (RefusedRows);
/// - text: the whole file;
/// - wikitext: each article, from its "= Title =" to the next; a word that is <unk> stays <unk>,
///   for what it was is not in the file;
/// - files: each file below a folder, in the order of their names; links and hidden names are
/// passed
///   over, files that are not UTF-8 text are refused and counted.
/// An error of `visit` ends it. Corrupt names file and line: more rows than that of invalid JSON,
/// or whose field is missing (with the nearest name) or not text; bytes that are not UTF-8, damaged
/// gzip data.
Result<SourceSummary> visitDocuments(const CorpusShare& share, const std::filesystem::path& path,
                                     const DocumentVisitor& visit);

/// The text without calculator annotations: "<<48/2=24>>".
std::string withoutAnnotations(std::string_view text);

/// The format and the fields that a source seems to have, for users who do not name them: a folder
/// is files, .tokens, .raw and wiki.* are wikitext, .jsonl and .json are jsonl with the fields
/// question and answer, text, content or code of the first line; everything else is text (".gz" is
/// looked through). InvalidInput when a jsonl file has none of these fields.
Result<CorpusShare> guessShare(std::string name, const std::filesystem::path& path);

}  // namespace skd
