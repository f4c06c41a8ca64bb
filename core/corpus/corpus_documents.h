#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "corpus/corpus_folder.h"
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

/// Keeps a test split out of training text: knows the hashes of the split's lines and counts how
/// many different ones a source repeats. Lines are compared without spaces and without the " @" and
/// "@ " of WikiText's tokenised form, so that raw, tokenised and detokenised copies are all caught;
/// lines with <unk> instead of words cannot match, the others do.
class SplitGuard {
public:
    /// Different lines of the split that a source may hold by chance.
    static constexpr std::size_t kTolerated = 2;
    /// Shorter lines (after the spaces are gone) are titles and fragments that prove nothing.
    static constexpr std::size_t kShortest = 40;

    /// `name` is how messages call the split.
    static SplitGuard fromText(std::string_view text, std::string name);

    [[nodiscard]] std::size_t lineCount() const { return m_hashes.size(); }

    /// Lines of one source that are being counted.
    class Count {
    public:
        explicit Count(const SplitGuard& guard) : m_guard(&guard) {}
        /// Looks at every line of `text`; an error as soon as too many different ones belong to the
        /// split. `where` names the source and its line in the message.
        Status add(std::string_view text, const std::string& where);
        /// Different lines of the split found so far.
        [[nodiscard]] std::size_t seen() const { return m_seen.size(); }

    private:
        const SplitGuard* m_guard;
        std::unordered_set<std::uint64_t> m_seen;
    };

private:
    SplitGuard() = default;
    std::string m_name;
    std::unordered_set<std::uint64_t> m_hashes;
};

/// The guard that keeps the WikiText-2 test split (resource text/wikitext-2-test.raw) out.
Result<SplitGuard> testSplitGuard(const std::filesystem::path& resourceFolder);

/// A document that is to be used, and what is known of it.
struct UsableDocument : SourceDocument {
    std::uint64_t hash = 0;
};

/// Reads the documents of one share after another: refuses the guarded test split, passes over
/// empty documents and, unless told otherwise, over copies (by documentHash) of one that any share
/// gave before.
class DocumentReader {
public:
    struct Counts {
        std::int64_t documents = 0, duplicates = 0, empty = 0;
        std::int64_t testLines = 0;  ///< different lines of the guarded split, tolerated
        SourceSummary source;
        std::vector<bool> given;  ///< of each document of the source: whether the visitor saw it
    };
    using Visitor = std::function<Result<Visit>(UsableDocument document)>;

    explicit DocumentReader(const SplitGuard& guard, bool dropDuplicates = true)
        : m_guard(guard), m_dropDuplicates(dropDuplicates) {}

    /// Errors name the share. Corrupt when the source is not the file that its corpus folder
    /// describes.
    Result<Counts> read(const ResolvedShare& share, const Visitor& visit);
    /// Gives the documents that `given` marks once more; Io when the source is another one now.
    static Status readAgain(const ResolvedShare& share, const std::vector<bool>& given,
                            const Visitor& visit);

    /// The error for a source that is another one at the second reading.
    static Error changedSource(const std::filesystem::path& path);

private:
    const SplitGuard& m_guard;
    bool m_dropDuplicates;
    std::unordered_set<std::uint64_t> m_seen;
};

}  // namespace skd
