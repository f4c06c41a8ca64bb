#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/flat_map.h"
#include "base/result.h"

namespace skd {

/// The last words of a text, by their hashes.
class WordSequence {
public:
    static constexpr std::size_t kWords = 13;

    /// Takes the next word; the hash of the last kWords of them, nothing while there are fewer.
    std::optional<std::uint64_t> push(std::uint64_t word);

private:
    std::array<std::uint64_t, kWords> m_words{};  ///< by number, modulo kWords
    std::size_t m_count = 0;
    std::uint64_t m_sum = 0;
};

/// Keeps texts that are measured on out of training text (resources/help/method.md, The guard).
/// Knows the hashes of all sequences of thirteen words of them, a word being a run of letters and
/// digits in lower case: neither line breaks, spaces, punctuation, case nor WikiText's markers make
/// a difference, and words that became <unk> only hide the sequences they are in. What stands in
/// several documents of the guarded texts is a common phrase and proves nothing.
class SplitGuard {
public:
    /// A document with so many different sequences repeats a guarded text.
    static constexpr std::size_t kRepeats = 5;
    /// A source may hold one document in so many that does; they are left out.
    static constexpr std::int64_t kOneIn = 500;
    /// So many different sequences of several other documents within kSpan words are no chance.
    static constexpr std::size_t kRefused = 10;
    static constexpr std::int64_t kSpan = 10'000;

    /// Begins a text; `name` is how messages call it.
    void begin(std::string name) { m_names.push_back(std::move(name)); }
    /// Guards a document of the text begun last; well-formed UTF-8.
    void add(std::string_view document);

    /// Sequences that are recognised.
    [[nodiscard]] std::size_t size() const { return m_known.size() - m_common; }

    /// Counts what the documents of one source, in their order, repeat.
    class Count {
    public:
        explicit Count(const SplitGuard& guard) : m_guard(&guard) {}
        /// Whether the source's next document may be used; not where it repeats a guarded text.
        /// InvalidInput, with text, place and first words, where the source is to be refused before
        /// its end: for the sequences of several documents, or for very many that repeat a text.
        /// `where` names the source and its line.
        Result<bool> add(std::string_view text, const std::string& where);
        /// Behind the last document: InvalidInput where too many of them were left out.
        [[nodiscard]] Status finish() const;

        /// Different sequences in documents that may be used.
        [[nodiscard]] std::size_t seen() const { return m_seen.size(); }
        [[nodiscard]] std::int64_t leftOut() const { return m_leftOut; }

    private:
        struct Match {
            std::int64_t word = 0;  ///< number of its last word in the source
            std::uint64_t hash = 0, text = 0;
            std::string where, words;
        };
        std::vector<Match> matchesIn(std::string_view text, const std::string& where);
        [[nodiscard]] bool isTooMany() const { return m_leftOut * kOneIn > m_documents; }
        [[nodiscard]] Error refusal(const Match& first, std::size_t sequences,
                                    const std::string& extent) const;
        [[nodiscard]] Error refusal() const;

        const SplitGuard* m_guard;
        WordSequence m_sequence;  ///< runs on from one document into the next
        std::int64_t m_words = 0, m_documents = 0, m_leftOut = 0;
        std::optional<Match> m_firstLeftOut;
        std::size_t m_sequencesThere = 0;
        std::unordered_set<std::uint64_t> m_seen;
        std::deque<Match> m_recent;
    };

private:
    static constexpr std::uint64_t kCommon = ~0ull;

    /// Number of the guarded text that the sequence is of.
    [[nodiscard]] std::optional<std::uint64_t> find(std::uint64_t hash) const;

    std::vector<std::string> m_names;
    std::uint64_t m_documents = 0;
    std::size_t m_common = 0;
    FlatMap m_known;  ///< hash -> text << 32 | document, or kCommon
};

/// The guard of all measuredTexts(), made once per process while their files stay the same.
Result<std::shared_ptr<const SplitGuard>> measuredTextsGuard(
    const std::filesystem::path& resourceFolder);

}  // namespace skd
