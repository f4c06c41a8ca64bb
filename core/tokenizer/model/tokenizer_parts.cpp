#include "tokenizer/model/tokenizer_parts.h"

#include "base/log.h"
#include "base/text.h"

namespace skd {
namespace {

/// The bytes that some token has before a run of U+2581: only there can a merge cross a word's
/// start. Gemma 3 has one such token, ">▁</".
ByteSet bytesBeforeMetaspace(const TokenTable& tokens) {
    ByteSet joined{};
    for (TokenId id = 0; id < tokens.idLimit(); ++id) {
        if (!tokens.has(id)) continue;
        const std::string_view text = tokens.text(id);
        for (std::size_t at = text.find(kMetaspace); at != std::string_view::npos;
             at = text.find(kMetaspace, at + kMetaspace.size()))
            if (at > 0 && !text.substr(0, at).ends_with(kMetaspace))
                joined[static_cast<unsigned char>(text[at - 1])] = true;
    }
    return joined;
}

/// Added tokens that are looked for after normalisation are normalised themselves.
Result<std::vector<AddedToken>> selectTokens(const TokenizerBlueprint& blueprint, bool normalized) {
    std::vector<AddedToken> selected;
    for (const AddedToken& token : blueprint.added) {
        if (token.normalized != normalized) continue;
        selected.push_back(token);
        if (!normalized || !blueprint.normalizer) continue;
        std::string buffer;
        SKD_TRY(const std::string_view content,
                blueprint.normalizer(token.content, buffer, normalFormLimit(token.content.size())));
        if (content.empty())
            selected.pop_back();
        else
            selected.back().content = std::string(content);
    }
    return selected;
}

std::string describe(const TokenizerBlueprint& blueprint) {
    return strCat(blueprint.bpe.byteLevel ? "byte-level BPE, " : "BPE, ", blueprint.tokens.count(),
                  " tokens, pre-tokeniser ", blueprint.preTokenizerName);
}

}  // namespace

Result<TokenizerParts> assemble(TokenizerBlueprint blueprint) {
    TokenizerParts parts;
    parts.model = BpeModel::build(blueprint.tokens, blueprint.merges, blueprint.bpe);
    if (blueprint.bpe.byteLevel && parts.model.missingBytes() > 0)
        log::debug(strCat("the vocabulary has no token for ", parts.model.missingBytes(),
                          " of the 256 bytes; text that needs them loses them"));
    SKD_TRY(auto rawTokens, selectTokens(blueprint, false));
    SKD_TRY(parts.rawTokens, AddedTokenSplitter::build(std::move(rawTokens)));
    SKD_TRY(auto normalizedTokens, selectTokens(blueprint, true));
    SKD_TRY(parts.normalizedTokens, AddedTokenSplitter::build(std::move(normalizedTokens)));
    parts.decoder =
        TokenDecoder::build(blueprint.tokens, blueprint.added, std::move(blueprint.decoding));
    parts.description = describe(blueprint);
    if (!blueprint.bpe.byteLevel && !blueprint.bpe.ignoreMerges &&
        blueprint.tokens.find(kMetaspace))
        blueprint.stages.push_back(metaspaceRuns(bytesBeforeMetaspace(blueprint.tokens)));
    parts.preTokenizer = sequence(std::move(blueprint.stages));
    static_cast<TokenizerSettings&>(parts) = std::move(blueprint);
    return parts;
}

}  // namespace skd
