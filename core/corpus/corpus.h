#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "spec/corpus_spec.h"
#include "tokenizer/tokenizer.h"

namespace skd {

/// What one share gave to a corpus.
struct CorpusShareStatistics {
    std::string name;
    std::int64_t documents = 0;   ///< used: without empty ones, duplicates and held-out ones
    std::int64_t duplicates = 0;  ///< exact copies of an earlier document of any share, dropped
    std::int64_t tokens = 0;      ///< with the separators
    std::int64_t guarded = 0;     ///< documents that repeat text that is measured on, left out
    std::int64_t refused = 0;     ///< rows or files that could not be read, left out
    std::vector<std::string> refusedNames;  ///< the first ten of them
    std::int64_t heldOut = 0;    ///< documents kept out as a whole or in part, to measure on
    std::int64_t available = 0;  ///< samples it can give without repeating
    std::int64_t samples = 0;    ///< drawn
    std::int64_t repeats = 0;    ///< of these, ones that had been drawn before
};

/// Samples of token ids. Immutable once built.
class Corpus {
public:
    /// `ids` holds `lengths.size()` rows of `sequenceLength`; row i has lengths[i] tokens, then
    /// padding.
    Corpus(std::int64_t sequenceLength, std::vector<TokenId> ids,
           std::vector<std::uint32_t> lengths);

    [[nodiscard]] std::int64_t sequenceLength() const { return m_sequenceLength; }
    [[nodiscard]] std::int64_t samples() const {
        return static_cast<std::int64_t>(m_lengths.size());
    }
    /// sequenceLength() ids, padding included.
    [[nodiscard]] std::span<const TokenId> sample(std::int64_t index) const;
    /// The first samples of this corpus, all of them where there are no more, as a corpus.
    [[nodiscard]] Corpus first(std::int64_t samples) const;
    /// Tokens of a sample that are text.
    [[nodiscard]] std::int64_t length(std::int64_t index) const {
        return m_lengths[static_cast<std::size_t>(index)];
    }
    [[nodiscard]] std::int64_t tokens() const;
    /// Samples that the shares could give without repeating one.
    [[nodiscard]] std::int64_t available() const;
    /// Leaves tokens out of what training predicts, one flag for each token of each row; empty:
    /// none.
    void leaveOut(std::vector<bool> tokens) { m_leftOut = std::move(tokens); }
    /// Whether training predicts the token at `position` (from 0) of a sample: text, not the first
    /// token, and not left out.
    [[nodiscard]] bool isLearned(std::int64_t index, std::int64_t position) const;
    /// How many tokens of a sample that are.
    [[nodiscard]] std::int64_t learned(std::int64_t index) const;
    /// Samples without those that repeat an earlier one, as their shares counted them.
    [[nodiscard]] std::int64_t distinct() const;
    /// Largest id + 1 that occurs.
    [[nodiscard]] std::int64_t vocabularyNeeded() const;
    /// Of sequence length, ids and lengths.
    [[nodiscard]] const std::string& sha256() const { return m_sha256; }

    std::vector<CorpusShareStatistics> shares;
    TokenId separator = 0;       ///< between documents
    std::string manifestSha256;  ///< of the corpus folder it was drawn from; "" without one
    /// {"sha256", "samples", "distinct", "sequence_length", "separator", "shares": [...]}.
    [[nodiscard]] Json toJson() const;

private:
    std::int64_t m_sequenceLength;
    std::vector<TokenId> m_ids;
    std::vector<std::uint32_t> m_lengths;
    std::vector<bool> m_leftOut;
    std::string m_sha256;
};

/// The token that stands between packed documents: <|endoftext|>, <|end_of_text|> or </s> where the
/// tokeniser has it, else its eos, else its bos; Unsupported when it has none of them.
Result<TokenId> separatorToken(const Tokenizer& tokenizer);

/// What a corpus is built with besides its spec.
struct CorpusOptions {
    /// Above 0, the documents that heldOut() measures on are skipped, whatever the number is.
    std::int64_t heldOutTokens = 0;
    /// Tokens of a share's samples that are kept in memory while it is read (128 MiB). A larger
    /// share is read twice; the corpus is the same.
    std::int64_t keptTokens = 32 << 20;
    /// Asked from time to time; true ends the work. May be empty.
    std::function<bool()> cancelled;
};

/// Reads the shares, tokenises, cuts and draws (resources/help/method.md, The corpus): documents
/// are cut into samples as `spec.packing` says (see SampleCutter); each share gives its part of
/// `spec.samples` (largest remainder), drawn by seed without replacement until it is used up, then
/// again; the result is shuffled by seed. Copies of a document, in the same or an earlier share,
/// are dropped. A share that holds text that is measured on (SplitGuard) is refused. The same spec,
/// seed and tokeniser give the same corpus. Sources are streamed: memory holds the corpus, 8 bytes
/// per document and at most `keptTokens`. Empty (no samples) when cancelled.
Result<Corpus> buildCorpus(const CorpusSpec& spec, std::uint64_t seed, const Tokenizer& tokenizer,
                           const std::filesystem::path& resourceFolder,
                           const CorpusOptions& options = {});

/// Text of one share that no corpus built with CorpusOptions::heldOutTokens above 0 holds.
struct HeldOutText {
    std::string name;          ///< of the share
    std::vector<TokenId> ids;  ///< documents, each ended by the separator
    /// Of each token: whether it belongs to an <unk> of the text and is read alone; empty for none.
    std::vector<bool> unscored;
    std::string sha256;  ///< idsSha256 of the ids
    std::int64_t documents = 0;
};

/// Of every share with a weight, the first `tokens` tokens of its held-out documents, in the order
/// of the source. Samples that ship have theirs in files of their own (heldOutOf). Of other shares
/// it is one in sixteen documents (HoldOut), none where a share is so small that no document falls
/// to it; which they are depends on the seed and the document alone, so a corpus with other shares
/// or another mixture never draws them either. Errors are those of buildCorpus. Empty for tokens =
/// 0.
Result<std::vector<HeldOutText>> heldOut(const CorpusSpec& spec, std::uint64_t seed,
                                         const Tokenizer& tokenizer,
                                         const std::filesystem::path& resourceFolder,
                                         std::int64_t tokens);

/// "c4 1,743 of 15,000, wikitext ...": of the shares that repeat samples, how many they hold of how
/// many are drawn; "" where none does.
std::string repeatsText(const Corpus& corpus);

/// Shares of `total` in proportion to `weights`, by largest remainder; ties go to the earlier one.
std::vector<std::int64_t> apportion(std::int64_t total, const std::vector<double>& weights);

/// A permutation of 0..size-1 that depends only on (seed, stream).
std::vector<std::uint32_t> permutation(std::uint32_t size, std::uint64_t seed,
                                       std::uint64_t stream);

}  // namespace skd
