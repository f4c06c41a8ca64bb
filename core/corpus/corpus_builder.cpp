#include <algorithm>
#include <limits>
#include <optional>

#include "base/files.h"
#include "base/text.h"
#include "corpus/corpus.h"
#include "corpus/corpus_cutter.h"
#include "corpus/corpus_documents.h"
#include "corpus/measured_texts.h"
#include "tokenizer/unknown_words.h"

namespace skd {
namespace {

/// Streams of the counter-based generator: one per purpose, share and pass over a share.
constexpr std::uint64_t kShuffleStream = 0x636f72707573ull;
constexpr std::uint64_t drawStream(std::size_t share, std::int64_t pass) {
    return kShuffleStream + 1 + (static_cast<std::uint64_t>(share) << 32) +
           static_cast<std::uint64_t>(pass);
}

/// A sample of a share, and the row of the corpus that it goes to.
struct SamplePlacement {
    std::int64_t number = 0;
    std::uint32_t row = 0;
};

/// The samples of a share that is read for the first time: kept while they are few.
class SampleBuffer {
public:
    explicit SampleBuffer(std::int64_t limit) : m_limit(static_cast<std::size_t>(limit)) {}

    void add(std::span<const TokenId> tokens) {
        if (!m_complete) return;
        m_complete = m_ids.size() + tokens.size() <= m_limit;
        if (!m_complete) {
            std::vector<TokenId>().swap(m_ids);
            std::vector<std::size_t>(1, 0).swap(m_ends);
            return;
        }
        m_ids.insert(m_ids.end(), tokens.begin(), tokens.end());
        m_ends.push_back(m_ids.size());
    }
    /// False when there were too many; none is kept then.
    [[nodiscard]] bool complete() const { return m_complete; }
    [[nodiscard]] std::span<const TokenId> sample(std::int64_t number) const {
        const auto i = static_cast<std::size_t>(number);
        return std::span(m_ids).subspan(m_ends[i], m_ends[i + 1] - m_ends[i]);
    }

private:
    std::size_t m_limit;
    bool m_complete = true;
    std::vector<TokenId> m_ids;
    std::vector<std::size_t> m_ends{0};
};

/// What the first reading of a share leaves for the second.
struct FirstReading {
    explicit FirstReading(std::int64_t limit) : kept(limit) {}
    SampleBuffer kept;
    std::vector<bool> given;
    std::vector<std::uint32_t> tokens;  ///< of each document used, without its separator
};

class Builder {
public:
    Builder(const CorpusSpec& spec, std::uint64_t seed, const Tokenizer& tokenizer,
            std::shared_ptr<const SplitGuard> guard, const CorpusOptions& options)
        : m_spec(spec),
          m_seed(seed),
          m_tokenizer(tokenizer),
          m_options(options),
          m_reader(std::move(guard)) {}

    Result<Corpus> build(TokenId separator, const std::vector<ResolvedShare>& shares) {
        m_separator = separator;
        std::vector<double> weights;
        for (const ResolvedShare& resolved : shares) weights.push_back(resolved.share.weight);
        const std::vector<std::int64_t> wanted = apportion(m_spec.samples, weights);
        m_rows = rowsOfDraws();
        m_ids.assign(static_cast<std::size_t>(m_spec.samples * m_spec.sequenceLength), separator);
        m_lengths.assign(static_cast<std::size_t>(m_spec.samples), 0);
        for (std::size_t i = 0; i < shares.size() && !m_cancelled; ++i) {
            CorpusShareStatistics statistics;
            statistics.name = shares[i].share.name;
            if (wanted[i] > 0) SKD_CHECK(fill(i, shares[i], wanted[i], statistics));
            m_statistics.push_back(std::move(statistics));
        }
        if (m_cancelled) return Corpus(m_spec.sequenceLength, {}, {});
        Corpus corpus(m_spec.sequenceLength, std::move(m_ids), std::move(m_lengths));
        corpus.shares = std::move(m_statistics);
        corpus.separator = separator;
        return corpus;
    }

private:
    /// Row of the k-th sample drawn: row j of the shuffled corpus holds draw number permutation[j].
    [[nodiscard]] std::vector<std::uint32_t> rowsOfDraws() const {
        const auto order =
            permutation(static_cast<std::uint32_t>(m_spec.samples), m_seed, kShuffleStream);
        std::vector<std::uint32_t> rows(order.size());
        for (std::size_t j = 0; j < order.size(); ++j)
            rows[order[j]] = static_cast<std::uint32_t>(j);
        return rows;
    }

    Status fill(std::size_t index, const ResolvedShare& resolved, std::int64_t wanted,
                CorpusShareStatistics& statistics) {
        m_holdOut.reset();
        if (m_options.heldOutTokens > 0 && !heldOutOf(resolved.share)) m_holdOut.emplace(m_seed);
        FirstReading first(m_options.keptTokens);
        SKD_CHECK(read(resolved, first, statistics));
        if (m_cancelled) return {};
        const std::vector<SamplePlacement> placements = draw(index, wanted, statistics);
        if (!first.kept.complete()) return readAgain(resolved, first, placements);
        for (const SamplePlacement& placement : placements)
            place(placement.row, first.kept.sample(placement.number));
        return {};
    }

    /// Counts a share's samples, and keeps them if they are few.
    Status read(const ResolvedShare& resolved, FirstReading& first,
                CorpusShareStatistics& statistics) {
        SampleCutter cutter(
            m_spec.packing, m_spec.sequenceLength, m_separator,
            [&](std::int64_t, std::span<const TokenId> ids) { first.kept.add(ids); });
        const auto take = [&](UsableDocument document) -> Result<Visit> {
            if (cancelled()) return Visit::Stop;
            const std::string text = withoutHeldOut(std::move(document.text), statistics);
            if (text.empty()) return Visit::Continue;
            SKD_TRY(const std::vector<TokenId> ids,
                    located(m_tokenizer.encode(text), document.where));
            cutter.add(ids);
            first.tokens.push_back(static_cast<std::uint32_t>(ids.size()));
            ++statistics.documents;
            return Visit::Continue;
        };
        SKD_TRY(auto counts, m_reader.read(resolved, take));
        if (m_cancelled) return {};
        cutter.finish();
        first.given = std::move(counts.given);
        statistics.duplicates = counts.duplicates;
        statistics.guarded = counts.guarded;
        statistics.refused = counts.source.refused;
        statistics.refusedNames = counts.source.refusedNames;
        statistics.tokens = cutter.tokens();
        statistics.available = cutter.samples();
        return statistics.available > 0 ? Status() : noText(resolved, statistics);
    }

    static Status noText(const ResolvedShare& resolved, const CorpusShareStatistics& statistics) {
        return fail(ErrorCode::InvalidInput,
                    strCat("corpus share \"", resolved.share.name, "\": ", resolved.path.string(),
                           " holds no text that an earlier share does not have",
                           statistics.heldOut > 0 ? " and that is not held out" : ""));
    }

    std::string withoutHeldOut(std::string text, CorpusShareStatistics& statistics) const {
        if (!m_holdOut) return text;
        HoldOut::Parts parts = m_holdOut->split(std::move(text));
        statistics.heldOut += !parts.held.empty();
        return std::move(parts.kept);
    }

    /// Samples that are drawn, in the order of their numbers.
    [[nodiscard]] std::vector<SamplePlacement> draw(std::size_t share, std::int64_t wanted,
                                                    CorpusShareStatistics& statistics) {
        const std::int64_t available = statistics.available;
        std::vector<SamplePlacement> drawn;
        for (std::int64_t pass = 0; static_cast<std::int64_t>(drawn.size()) < wanted; ++pass) {
            const auto order =
                permutation(static_cast<std::uint32_t>(available), m_seed, drawStream(share, pass));
            const std::int64_t missing = wanted - static_cast<std::int64_t>(drawn.size());
            for (std::int64_t i = 0; i < std::min(missing, available); ++i)
                drawn.push_back({order[static_cast<std::size_t>(i)], m_rows[m_drawn++]});
        }
        std::stable_sort(
            drawn.begin(), drawn.end(),
            [](const SamplePlacement& a, const SamplePlacement& b) { return a.number < b.number; });
        statistics.samples = wanted;
        statistics.repeats = std::max<std::int64_t>(0, wanted - available);
        return drawn;
    }

    /// The second reading of a share that is too large to keep: documents that no drawn sample
    /// touches are not tokenised again, only counted.
    Status readAgain(const ResolvedShare& resolved, const FirstReading& first,
                     const std::vector<SamplePlacement>& placements) {
        auto next = placements.begin();
        SampleCutter cutter(m_spec.packing, m_spec.sequenceLength, m_separator,
                            [&](std::int64_t number, std::span<const TokenId> ids) {
                                for (; next != placements.end() && next->number == number; ++next)
                                    place(next->row, ids);
                            });
        std::size_t index = 0;
        const auto take = [&](UsableDocument document) -> Result<Visit> {
            if (cancelled() || next == placements.end()) return Visit::Stop;
            CorpusShareStatistics counted;
            const std::string text = withoutHeldOut(std::move(document.text), counted);
            if (text.empty()) return Visit::Continue;
            const std::size_t size = index < first.tokens.size() ? first.tokens[index] : 0;
            std::vector<TokenId> ids(size, m_separator);
            if (next->number <= cutter.lastTouched(static_cast<std::int64_t>(size))) {
                SKD_TRY(ids, located(m_tokenizer.encode(text), document.where));
            }
            if (index++ >= first.tokens.size() || ids.size() != size)
                return fail(DocumentReader::changedSource(resolved.path));
            cutter.add(ids);
            return Visit::Continue;
        };
        SKD_CHECK(DocumentReader::readAgain(resolved, first.given, take));
        if (!m_cancelled) cutter.finish();
        return {};
    }

    void place(std::uint32_t row, std::span<const TokenId> tokens) {
        const std::int64_t begin = static_cast<std::int64_t>(row) * m_spec.sequenceLength;
        std::copy(tokens.begin(), tokens.end(), m_ids.begin() + begin);
        m_lengths[row] = static_cast<std::uint32_t>(tokens.size());
    }

    [[nodiscard]] bool cancelled() {
        m_cancelled = m_cancelled || (m_options.cancelled && m_options.cancelled());
        return m_cancelled;
    }

    const CorpusSpec& m_spec;
    std::uint64_t m_seed;
    const Tokenizer& m_tokenizer;
    const CorpusOptions& m_options;
    DocumentReader m_reader;
    std::optional<HoldOut> m_holdOut;  ///< of the share that is being read
    TokenId m_separator = 0;
    std::vector<std::uint32_t> m_rows;
    std::vector<TokenId> m_ids;
    std::vector<std::uint32_t> m_lengths;
    std::vector<CorpusShareStatistics> m_statistics;
    std::size_t m_drawn = 0;
    bool m_cancelled = false;
};

/// Of each token of each row: whether it belongs to an <unk>; empty where there is none.
std::vector<bool> unknownWordsOf(const Corpus& corpus, const Tokenizer& tokenizer) {
    std::vector<bool> unknown;
    const auto width = static_cast<std::size_t>(corpus.sequenceLength());
    for (std::int64_t i = 0; i < corpus.samples(); ++i) {
        const auto row = tokensOfUnknownWords(tokenizer, corpus.sample(i));
        if (row.empty()) continue;
        unknown.resize(static_cast<std::size_t>(corpus.samples()) * width);
        std::copy(row.begin(), row.end(), unknown.begin() + i * corpus.sequenceLength());
    }
    return unknown;
}

Status checkSpec(const CorpusSpec& spec) {
    if (spec.sequenceLength < 2 || spec.samples < 1)
        return fail(ErrorCode::InvalidInput,
                    "a corpus needs at least one sample of at least two tokens");
    if (spec.samples > std::numeric_limits<std::uint32_t>::max())
        return fail(ErrorCode::InvalidInput, "a corpus holds at most 4,294,967,295 samples");
    const double bytes = static_cast<double>(spec.samples) *
                         static_cast<double>(spec.sequenceLength) * sizeof(TokenId);
    const auto free = static_cast<double>(availableMemoryBytes());
    if (bytes <= free) return {};
    return fail(ErrorCode::OutOfMemory,
                strCat("a corpus of ", groupDigits(spec.samples), " samples of ",
                       groupDigits(spec.sequenceLength), " tokens needs ", formatBytes(bytes),
                       " of memory, and ", formatBytes(free),
                       " are free; lower corpus.samples or corpus.sequence_length"));
}

}  // namespace

Result<TokenId> separatorToken(const Tokenizer& tokenizer) {
    for (const char* name : {"<|endoftext|>", "<|end_of_text|>", "</s>"})
        if (const auto ids = tokenizer.encode(name); ids && ids->size() == 1) return ids->front();
    if (tokenizer.eos()) return *tokenizer.eos();
    if (tokenizer.bos()) return *tokenizer.bos();
    return fail(ErrorCode::Unsupported,
                "the tokeniser has no end-of-text token to put between documents (neither eos nor "
                "bos); give a "
                "tokenizer_config.json with eos_token beside tokenizer.json");
}

Result<Corpus> buildCorpus(const CorpusSpec& spec, std::uint64_t seed, const Tokenizer& tokenizer,
                           const std::filesystem::path& resourceFolder,
                           const CorpusOptions& options) {
    SKD_CHECK(checkSpec(spec));
    SKD_TRY(const TokenId separator, separatorToken(tokenizer));
    SKD_TRY(auto guard, measuredTextsGuard(resourceFolder));
    SKD_TRY(const ResolvedCorpus resolved, resolveCorpus(spec, resourceFolder));
    Builder builder(spec, seed, tokenizer, std::move(guard), options);
    SKD_TRY(Corpus corpus, builder.build(separator, resolved.shares));
    corpus.manifestSha256 = resolved.manifestSha256;
    if (!spec.learnUnknown) corpus.leaveOut(unknownWordsOf(corpus, tokenizer));
    return corpus;
}

}  // namespace skd
