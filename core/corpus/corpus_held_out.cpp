#include "corpus/corpus.h"
#include "corpus/corpus_documents.h"

namespace skd {
namespace {

/// Appends a document's ids; stops when there are enough.
Result<Visit> append(const Tokenizer& tokenizer, TokenId separator, const std::string& text,
                     std::int64_t tokens, HeldOutText& out) {
    SKD_TRY(const std::vector<TokenId> ids, tokenizer.encode(text));
    out.ids.insert(out.ids.end(), ids.begin(), ids.end());
    out.ids.push_back(separator);
    ++out.documents;
    if (static_cast<std::int64_t>(out.ids.size()) < tokens) return Visit::Continue;
    out.ids.resize(static_cast<std::size_t>(tokens));
    return Visit::Stop;
}

}  // namespace

Result<std::vector<HeldOutText>> heldOut(const CorpusSpec& spec, std::uint64_t seed,
                                         const Tokenizer& tokenizer,
                                         const std::filesystem::path& resourceFolder,
                                         std::int64_t tokens) {
    std::vector<HeldOutText> texts;
    if (tokens <= 0) return texts;
    SKD_TRY(const TokenId separator, separatorToken(tokenizer));
    SKD_TRY(const SplitGuard guard, testSplitGuard(resourceFolder));
    SKD_TRY(const ResolvedCorpus corpus, resolveCorpus(spec, resourceFolder));
    const HoldOut holdOut(seed);
    DocumentReader reader(guard);
    for (const ResolvedShare& resolved : corpus.shares) {
        if (resolved.share.weight == 0) continue;
        HeldOutText text{resolved.share.name, {}, {}, 0};
        const auto take = [&](UsableDocument document) -> Result<Visit> {
            const std::string held = holdOut.split(std::move(document.text)).held;
            if (held.empty()) return Visit::Continue;
            return located(append(tokenizer, separator, held, tokens, text), document.where);
        };
        SKD_CHECK(reader.read(resolved, take));
        text.sha256 = idsSha256(text.ids);
        texts.push_back(std::move(text));
    }
    return texts;
}

}  // namespace skd
