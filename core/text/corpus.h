#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/units.h"
#include "spec/corpus_spec.h"
#include "text/tokenizer.h"

namespace skd {

/// What one share gave to a corpus.
struct CorpusShareStatistics {
    std::string name;
    std::int64_t documents = 0;   ///< read, without duplicates
    std::int64_t duplicates = 0;  ///< exact copies of an earlier document of any share, dropped
    std::int64_t tokens = 0;      ///< with the separators
    std::int64_t available = 0;   ///< packed samples it can give without repeating
    std::int64_t samples = 0;     ///< drawn
    std::int64_t repeats = 0;     ///< of these, ones that had been drawn before
};

/// Packed samples of token ids. Immutable once built.
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
    /// Tokens of a sample that are text.
    [[nodiscard]] std::int64_t length(std::int64_t index) const {
        return m_lengths[static_cast<std::size_t>(index)];
    }
    [[nodiscard]] std::int64_t tokens() const;
    /// Largest id + 1 that occurs.
    [[nodiscard]] std::int64_t vocabularyNeeded() const;
    /// Of sequence length, ids and lengths.
    [[nodiscard]] const std::string& sha256() const { return m_sha256; }

    std::vector<CorpusShareStatistics> shares;
    TokenId separator = 0;  ///< between documents
    /// {"sha256", "samples", "sequence_length", "separator", "shares": [...]} for a run's record.
    [[nodiscard]] Json toJson() const;

private:
    std::int64_t m_sequenceLength;
    std::vector<TokenId> m_ids;
    std::vector<std::uint32_t> m_lengths;
    std::string m_sha256;
};

/// The token that stands between packed documents: <|endoftext|>, <|end_of_text|> or </s> where the
/// tokeniser has it, else its eos, else its bos; Unsupported when it has none of them.
Result<TokenId> separatorToken(const Tokenizer& tokenizer);

/// Reads the shares, tokenises, packs and draws (METHOD.md section 4): documents are joined by the
/// separator and cut into samples without padding; each share gives its part of `spec.samples`
/// (largest remainder), drawn by seed without replacement until it is used up, then again; the
/// result is shuffled by seed. The WikiText-2 test split (resource text/wikitext-2-test.raw) is
/// refused in any share. The same spec, seed and tokeniser give the same corpus.
Result<Corpus> buildCorpus(const CorpusSpec& spec, std::uint64_t seed, const Tokenizer& tokenizer,
                           const std::filesystem::path& resourceFolder);

/// Shares of `total` in proportion to `weights`, by largest remainder; ties go to the earlier one.
std::vector<std::int64_t> apportion(std::int64_t total, const std::vector<double>& weights);

/// A permutation of 0..size-1 that depends only on (seed, stream).
std::vector<std::uint32_t> permutation(std::uint32_t size, std::uint64_t seed,
                                       std::uint64_t stream);

}  // namespace skd
