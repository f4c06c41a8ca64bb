#include "eval/eval_text.h"

#include "base/files.h"
#include "base/hash.h"
#include "base/resources.h"
#include "base/text.h"
#include "corpus/wikitext.h"
#include "eval/windows.h"
#include "tokenizer/unknown_words.h"

namespace skd {
namespace {

enum class UnknownWords { Scored, Context };

EvalPage pageOf(const std::string& page, UnknownWords unknown) {
    const std::int64_t apart = unknown == UnknownWords::Context ? countUnknownWords(page) : 0;
    return {.words = countWikitextWords(page) - apart,
            .bytes = static_cast<std::int64_t>(page.size()) -
                     apart * static_cast<std::int64_t>(kUnknownWord.size())};
}

Status addPages(EvalText& text, const std::string& raw, const Tokenizer& tokenizer,
                const EncodeOptions& options, UnknownWords unknown) {
    Sha256 hash;
    for (const std::string& page : wikitextPages(raw)) {
        const std::string scored = detokenizeWikitext(page);
        SKD_TRY(const std::vector<TokenId> ids, tokenizer.encode(scored, options));
        if (!text.pages.empty()) hash.update(std::string_view("\0", 1));
        hash.update(scored);
        EvalPage& added = text.pages.emplace_back(pageOf(page, unknown));
        added.begin = static_cast<std::int64_t>(text.ids.size());
        added.length = static_cast<std::int64_t>(ids.size());
        text.ids.insert(text.ids.end(), ids.begin(), ids.end());
    }
    text.scoredSha256 = hash.hex();
    return {};
}

Status tokenize(EvalText& text, const std::string& raw, const EvalSpec& spec,
                const Tokenizer& tokenizer, UnknownWords unknown) {
    if (!isValidUtf8(raw))
        return fail(ErrorCode::InvalidInput, "the text is not well-formed UTF-8");
    const EncodeOptions options{.addSpecialTokens = spec.bos == BosRule::Auto && text.addsBos &&
                                                    spec.protocol != Protocol::Paper512};
    if (spec.protocol == Protocol::LmEvalWikiText)
        return addPages(text, raw, tokenizer, options, unknown);
    const bool asRows =
        spec.protocol != Protocol::Paper512 && spec.protocol != Protocol::LlamaCpp512;
    const std::string scored = asRows ? joinWikitextRows(raw) : raw;
    SKD_TRY(text.ids, tokenizer.encode(scored, options));
    text.scoredSha256 = sha256Hex(scored);
    // llama.cpp counts the bos that it replaces as the first token.
    if (spec.protocol == Protocol::LlamaCpp512 && spec.bos == BosRule::Window && text.bos)
        text.ids.insert(text.ids.begin(), *text.bos);
    return {};
}

/// `file`: the spec's evaluation text or selection.
Result<EvalText> loadText(const std::string& file, const EvalSpec& spec, const Tokenizer& tokenizer,
                          UnknownWords unknown) {
    SKD_TRY(const std::filesystem::path path, resolveResource(file));
    SKD_TRY(const std::string raw, readFile(path));
    EvalText text{{},
                  tokenizer.bos(),
                  tokenizer.addsBos(),
                  sha256Hex(raw),
                  tokenizer.sha256(),
                  tokenizer.bos() ? tokenizer.bos() : tokenizer.eos(),
                  {},
                  {}};
    SKD_CHECK(located(tokenize(text, raw, spec, tokenizer, unknown), path.string()));
    if (unknown == UnknownWords::Context) text.unscored = tokensOfUnknownWords(tokenizer, text.ids);
    return text;
}

}  // namespace

Result<EvalText> loadEvalText(const EvalSpec& spec, const Tokenizer& tokenizer) {
    SKD_TRY(EvalText text, loadText(spec.text, spec, tokenizer, UnknownWords::Scored));
    return firstTokens(std::move(text), spec.maxTokens);
}

Result<EvalText> loadSelectionText(const EvalSpec& spec, const Tokenizer& tokenizer) {
    const bool own = !spec.selection.empty();
    SKD_TRY(EvalText text, own ? loadText(spec.selection, spec, tokenizer, UnknownWords::Context)
                               : loadEvalText(spec, tokenizer));
    return firstTokens(std::move(text), spec.liveTokens);
}

}  // namespace skd
