#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "corpus/corpus_folder.h"
#include "corpus/split_guard.h"
#include "corpus/text_sources.h"

namespace skd {

/// What tells documents apart: XXH3 of the text with runs of white space as one space and none at
/// the ends.
std::uint64_t documentHash(std::string_view text);

/// Which documents are kept out of training text to measure on: one in sixteen, by a hash of the
/// seed and the document alone, so that all who ask agree, whatever else the corpus holds.
class HoldOut {
public:
    static constexpr std::uint64_t kOneIn = 16;
    /// A longer document (a book) is not decided as a whole but in blocks of at least kBlock bytes
    /// that end with a line.
    static constexpr std::size_t kLongest = 64u << 10;
    static constexpr std::size_t kBlock = 4096;

    explicit HoldOut(std::uint64_t seed) : m_seed(seed) {}

    struct Parts {
        std::string kept, held;
    };
    /// The part of a document that may be trained on, and the part that may not.
    [[nodiscard]] Parts split(std::string text) const;

private:
    [[nodiscard]] bool holds(std::string_view text) const;
    std::uint64_t m_seed;
};

/// A document that is to be used, and what is known of it.
struct UsableDocument : SourceDocument {
    std::uint64_t hash = 0;
};

/// Reads the documents of one share after another: refuses sources of guarded text, passes over
/// documents that repeat some, over empty ones and, unless told otherwise, over copies (by
/// documentHash) of one that any share gave before.
class DocumentReader {
public:
    struct Counts {
        std::int64_t documents = 0, duplicates = 0, empty = 0;
        std::int64_t guarded = 0;  ///< that repeat a guarded text, left out
        SourceSummary source;
        std::vector<bool> given;  ///< of each document of the source: whether the visitor saw it
    };
    using Visitor = std::function<Result<Visit>(UsableDocument document)>;

    explicit DocumentReader(std::shared_ptr<const SplitGuard> guard, bool dropDuplicates = true)
        : m_guard(std::move(guard)), m_dropDuplicates(dropDuplicates) {}

    /// Errors name the share. Corrupt when the source is not the file that its corpus folder
    /// describes.
    Result<Counts> read(const ResolvedShare& share, const Visitor& visit);
    /// Gives the documents that `given` marks once more; Io when the source is another one now.
    static Status readAgain(const ResolvedShare& share, const std::vector<bool>& given,
                            const Visitor& visit);

    /// The error for a source that is another one at the second reading.
    static Error changedSource(const std::filesystem::path& path);

private:
    std::shared_ptr<const SplitGuard> m_guard;
    bool m_dropDuplicates;
    std::unordered_set<std::uint64_t> m_seen;
};

}  // namespace skd
