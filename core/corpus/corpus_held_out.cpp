#include <algorithm>

#include "base/resources.h"
#include "corpus/corpus.h"
#include "corpus/corpus_documents.h"
#include "corpus/measured_texts.h"
#include "tokenizer/unknown_words.h"

namespace skd {
namespace {

/// Reads the held-out documents of a corpus's shares.
class HeldOutReader {
public:
    HeldOutReader(const Tokenizer& tokenizer, TokenId separator, std::int64_t tokens,
                  std::shared_ptr<const SplitGuard> guard)
        : m_tokenizer(tokenizer),
          m_separator(separator),
          m_tokens(tokens),
          m_reader(std::move(guard)) {}

    /// Of a sample that ships: its file of held-out documents, which the guard does not let pass as
    /// a share.
    Result<HeldOutText> readShipped(const CorpusShare& held,
                                    const std::filesystem::path& resources) {
        HeldOutText text{.name = held.name};
        SKD_TRY(const std::filesystem::path path, resolveResource(held.path, resources));
        SKD_CHECK(visitDocuments(held, path, [&](const SourceDocument& document) {
            return located(append(document.text, text), document.where);
        }));
        return finished(std::move(text));
    }

    /// Of any other share: what falls to `holdOut`.
    Result<HeldOutText> read(const ResolvedShare& resolved, const HoldOut& holdOut) {
        HeldOutText text{.name = resolved.share.name};
        const auto take = [&](UsableDocument document) -> Result<Visit> {
            const std::string held = holdOut.split(std::move(document.text)).held;
            if (held.empty()) return Visit::Continue;
            return located(append(held, text), document.where);
        };
        SKD_CHECK(m_reader.read(resolved, take));
        return finished(std::move(text));
    }

    /// Only so that copies in later shares are known as such.
    Status pass(const ResolvedShare& resolved) {
        SKD_CHECK(m_reader.read(
            resolved, [](const UsableDocument&) -> Result<Visit> { return Visit::Continue; }));
        return {};
    }

private:
    /// Appends a document's ids; stops when there are enough.
    Result<Visit> append(const std::string& document, HeldOutText& out) const {
        SKD_TRY(const std::vector<TokenId> ids, m_tokenizer.encode(document));
        out.ids.insert(out.ids.end(), ids.begin(), ids.end());
        out.ids.push_back(m_separator);
        ++out.documents;
        return static_cast<std::int64_t>(out.ids.size()) < m_tokens ? Visit::Continue : Visit::Stop;
    }

    [[nodiscard]] HeldOutText finished(HeldOutText text) const {
        text.unscored = tokensOfUnknownWords(m_tokenizer, text.ids);
        text.ids.resize(std::min(text.ids.size(), static_cast<std::size_t>(m_tokens)));
        if (!text.unscored.empty()) text.unscored.resize(text.ids.size());
        text.sha256 = idsSha256(text.ids);
        return text;
    }

    const Tokenizer& m_tokenizer;
    TokenId m_separator;
    std::int64_t m_tokens;
    DocumentReader m_reader;
};

}  // namespace

Result<std::vector<HeldOutText>> heldOut(const CorpusSpec& spec, std::uint64_t seed,
                                         const Tokenizer& tokenizer,
                                         const std::filesystem::path& resourceFolder,
                                         std::int64_t tokens) {
    std::vector<HeldOutText> texts;
    if (tokens <= 0) return texts;
    SKD_TRY(const TokenId separator, separatorToken(tokenizer));
    SKD_TRY(auto guard, measuredTextsGuard(resourceFolder));
    SKD_TRY(ResolvedCorpus corpus, resolveCorpus(spec, resourceFolder));
    std::erase_if(corpus.shares, [](const ResolvedShare& one) { return one.share.weight == 0; });
    const bool allShip = std::ranges::all_of(
        corpus.shares, [](const ResolvedShare& one) { return heldOutOf(one.share).has_value(); });
    HeldOutReader reader(tokenizer, separator, tokens, std::move(guard));
    for (const ResolvedShare& resolved : corpus.shares) {
        if (const auto held = heldOutOf(resolved.share)) {
            SKD_TRY(texts.emplace_back(), reader.readShipped(*held, resourceFolder));
            if (!allShip) SKD_CHECK(reader.pass(resolved));
        } else {
            SKD_TRY(texts.emplace_back(), reader.read(resolved, HoldOut(seed)));
        }
    }
    return texts;
}

}  // namespace skd
