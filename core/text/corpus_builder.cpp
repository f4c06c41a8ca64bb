#include <cmath>
#include <limits>
#include <unordered_set>

#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "text/corpus.h"
#include "text/split_guard.h"
#include "text/text_sources.h"

namespace skd {
namespace {

/// Streams of the counter-based generator: one per purpose, share and pass over a share.
constexpr std::uint64_t kShuffleStream = 0x636f72707573ull;
constexpr std::uint64_t drawStream(std::size_t share, std::int64_t pass) {
    return kShuffleStream + 1 + (static_cast<std::uint64_t>(share) << 32) +
           static_cast<std::uint64_t>(pass);
}

/// A share's documents as one stream of tokens.
struct TokenStream {
    std::vector<TokenId> tokens;
    CorpusShareStatistics statistics;
};

/// Sample numbers of a share, in the order they were drawn.
using Draw = std::vector<std::uint32_t>;

class Builder {
public:
    Builder(const CorpusSpec& spec, std::uint64_t seed, const Tokenizer& tokenizer,
            const SplitGuard& guard, TokenId separator)
        : m_spec(spec),
          m_seed(seed),
          m_tokenizer(tokenizer),
          m_guard(guard),
          m_separator(separator) {}

    Result<Corpus> build(const std::filesystem::path& resourceFolder) {
        std::vector<double> weights;
        for (const CorpusShare& share : m_spec.shares) weights.push_back(share.weight);
        const std::vector<std::int64_t> wanted = apportion(m_spec.samples, weights);
        for (std::size_t i = 0; i < m_spec.shares.size(); ++i) {
            TokenStream stream;
            stream.statistics.name = m_spec.shares[i].name;
            if (wanted[i] > 0) {
                SKD_CHECK(read(m_spec.shares[i],
                               resolveSource(m_spec.shares[i].path, resourceFolder), stream));
                append(stream, draw(i, wanted[i], stream));
            }
            m_statistics.push_back(std::move(stream.statistics));
        }
        return shuffled();
    }

private:
    Status read(const CorpusShare& share, const std::filesystem::path& path, TokenStream& stream) {
        SplitGuard::Count count(m_guard);
        const auto take = [&](SourceDocument document) -> Status {
            SKD_CHECK(count.add(document.text, document.where));
            if (document.text.empty()) return {};
            if (!m_documents.insert(xxh3(document.text.data(), document.text.size())).second) {
                ++stream.statistics.duplicates;
                return {};
            }
            auto ids = m_tokenizer.encode(document.text);
            if (!ids) return fail(ids.error().in(document.where));
            stream.tokens.insert(stream.tokens.end(), ids->begin(), ids->end());
            stream.tokens.push_back(m_separator);
            ++stream.statistics.documents;
            return {};
        };
        if (auto status = visitDocuments(share, path, take); !status)
            return fail(status.error().in(strCat("corpus share \"", share.name, "\"")));
        if (stream.tokens.empty())
            return fail(ErrorCode::InvalidInput,
                        strCat("corpus share \"", share.name, "\": ", path.string(),
                               " holds no text that an earlier share does not have"));
        const auto length = static_cast<std::size_t>(m_spec.sequenceLength);
        stream.statistics.tokens = static_cast<std::int64_t>(stream.tokens.size());
        // The last, short sample is left out unless there is nothing else.
        stream.statistics.available =
            std::max<std::int64_t>(1, static_cast<std::int64_t>(stream.tokens.size() / length));
        return {};
    }

    [[nodiscard]] Draw draw(std::size_t share, std::int64_t wanted, TokenStream& stream) const {
        const std::int64_t available = stream.statistics.available;
        Draw drawn;
        for (std::int64_t pass = 0; static_cast<std::int64_t>(drawn.size()) < wanted; ++pass) {
            const auto order =
                permutation(static_cast<std::uint32_t>(available), m_seed, drawStream(share, pass));
            const std::int64_t missing = wanted - static_cast<std::int64_t>(drawn.size());
            drawn.insert(drawn.end(), order.begin(), order.begin() + std::min(missing, available));
        }
        stream.statistics.samples = wanted;
        stream.statistics.repeats = std::max<std::int64_t>(0, wanted - available);
        return drawn;
    }

    void append(const TokenStream& stream, const Draw& drawn) {
        const auto length = static_cast<std::size_t>(m_spec.sequenceLength);
        for (const std::uint32_t number : drawn) {
            const std::size_t begin = number * length,
                              end = std::min(begin + length, stream.tokens.size());
            m_ids.insert(m_ids.end(), stream.tokens.begin() + static_cast<std::ptrdiff_t>(begin),
                         stream.tokens.begin() + static_cast<std::ptrdiff_t>(end));
            m_ids.resize(m_ids.size() + length - (end - begin), m_separator);
            m_lengths.push_back(static_cast<std::uint32_t>(end - begin));
        }
    }

    [[nodiscard]] Corpus shuffled() {
        const auto length = static_cast<std::size_t>(m_spec.sequenceLength);
        std::vector<TokenId> ids;
        std::vector<std::uint32_t> lengths;
        ids.reserve(m_ids.size());
        for (const std::uint32_t from :
             permutation(static_cast<std::uint32_t>(m_lengths.size()), m_seed, kShuffleStream)) {
            const auto begin = m_ids.begin() + static_cast<std::ptrdiff_t>(from * length);
            ids.insert(ids.end(), begin, begin + static_cast<std::ptrdiff_t>(length));
            lengths.push_back(m_lengths[from]);
        }
        Corpus corpus(m_spec.sequenceLength, std::move(ids), std::move(lengths));
        corpus.shares = std::move(m_statistics);
        corpus.separator = m_separator;
        return corpus;
    }

    const CorpusSpec& m_spec;
    std::uint64_t m_seed;
    const Tokenizer& m_tokenizer;
    const SplitGuard& m_guard;
    TokenId m_separator;
    std::unordered_set<std::uint64_t> m_documents;
    std::vector<TokenId> m_ids;
    std::vector<std::uint32_t> m_lengths;
    std::vector<CorpusShareStatistics> m_statistics;
};

Status checkSpec(const CorpusSpec& spec) {
    double total = 0;
    for (const CorpusShare& share : spec.shares) {
        if (!(share.weight >= 0) || !std::isfinite(share.weight))
            return fail(ErrorCode::InvalidInput,
                        strCat("corpus share \"", share.name, "\": the weight must be 0 or more"));
        total += share.weight;
    }
    if (!(total > 0))
        return fail(ErrorCode::InvalidInput,
                    "the corpus has no share with a weight above 0; add one");
    if (spec.sequenceLength < 2 || spec.samples < 1)
        return fail(ErrorCode::InvalidInput,
                    "a corpus needs at least one sample of at least two tokens");
    if (spec.samples > std::numeric_limits<std::uint32_t>::max())
        return fail(ErrorCode::InvalidInput, "a corpus holds at most 4,294,967,295 samples");
    return {};
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
                           const std::filesystem::path& resourceFolder) {
    SKD_CHECK(checkSpec(spec));
    SKD_TRY(const TokenId separator, separatorToken(tokenizer));
    SKD_TRY(const SplitGuard guard,
            SplitGuard::fromFile(resourceFolder / "text" / "wikitext-2-test.raw",
                                 "WikiText-2 test split"));
    return Builder(spec, seed, tokenizer, guard, separator).build(resourceFolder);
}

}  // namespace skd
