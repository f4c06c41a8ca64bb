#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "tokenizer/files/ggml_pre_tokenizers.h"
#include "tokenizer/files/json_fields.h"
#include "tokenizer/files/tokenizer_json.h"
#include "tokenizer/files/tokenizer_output.h"

namespace skd {
namespace {

bool names(const Json* part, std::string_view type) {
    if (part == nullptr || !part->is_object()) return false;
    if (valueOr(*part, "type", "") == type) return true;
    for (const char* list : {"normalizers", "pretokenizers"})
        if (const Json* inner = findMember(*part, list); inner != nullptr && inner->is_array())
            for (const Json& one : *inner)
                if (names(&one, type)) return true;
    return false;
}

/// llama.cpp's name for a way to split; "" where it has none.
std::string ggmlName(const std::string& ours, bool nfc, bool ignoreMerges) {
    if (ours == "qwen2") return nfc ? "qwen2" : "deepseek-r1-qwen";
    if (ours == "llama-3") return ignoreMerges ? "llama-bpe" : "smaug-bpe";
    if (ours == "o200k") return "gpt-4o";
    return ours == "gpt-2" || ours == "smollm" || ours == "tekken" ? ours : "";
}

void addTokens(const TokenizerBlueprint& blueprint, std::size_t size, VocabularyParts& parts) {
    for (std::size_t id = 0; id < size; ++id) {
        const bool there = blueprint.tokens.has(static_cast<TokenId>(id));
        parts.tokens.push_back(there ? blueprint.tokens.text(static_cast<TokenId>(id))
                                     : strCat("[PAD", id, "]"));
        parts.types.push_back(there ? kNormalToken : kUnusedToken);
    }
    for (const AddedToken& token : blueprint.added) {
        if (token.singleWord || token.leftStrip || token.rightStrip)
            log::warning(strCat("the added token ", quoted(token.content),
                                " takes its surroundings into account; llama.cpp will not"));
        parts.types[token.id] = token.special ? kControlToken : kUserDefinedToken;
    }
}

Status describeBytePairs(const TokenizerBlueprint& blueprint, const Json& rest,
                         VocabularyParts& parts) {
    const std::string& ours = blueprint.preTokenizerName;
    parts.model = "gpt2";
    parts.pre =
        ggmlName(ours, names(findMember(rest, "normalizer"), "NFC"), blueprint.bpe.ignoreMerges);
    const auto known = findGgmlPreTokenizer(parts.pre);
    if (parts.pre.empty() || !known || known->ignoreMerges != blueprint.bpe.ignoreMerges)
        return fail(
            ErrorCode::Unsupported,
            strCat("llama.cpp has no name for this tokeniser's way to split text (", ours,
                   "); export with --format hf-dense and convert that folder with llama.cpp's "
                   "own tools"));
    for (const Merge& merge : blueprint.merges)
        parts.merges.push_back(
            strCat(blueprint.tokens.text(merge.left), " ", blueprint.tokens.text(merge.right)));
    return {};
}

/// Merges become scores: the earlier a token is made, the higher.
Status describeSentencePiece(const TokenizerBlueprint& blueprint, const Json& rest,
                             VocabularyParts& parts) {
    if (!blueprint.bpe.byteFallback ||
        blueprint.preTokenizerName.find("own pattern") != std::string::npos)
        return fail(ErrorCode::Unsupported,
                    "llama.cpp has neither byte pairs nor a SentencePiece vocabulary for this "
                    "tokeniser; export with --format hf-dense");
    parts.model = "llama";
    const Json* normalizer = findMember(rest, "normalizer");
    const Json* pre = findMember(rest, "pre_tokenizer");
    parts.addSpacePrefix =
        names(normalizer, "Prepend") ||
        (names(pre, "Metaspace") && valueOr(*pre, "prepend_scheme", "always") != "never");
    parts.scores.assign(parts.tokens.size(), 0);
    if (parts.unknown) parts.types[*parts.unknown] = kUnknownToken;
    std::vector<bool> made(parts.tokens.size());
    for (const Merge& merge : blueprint.merges) {
        if (made[merge.result]) continue;
        made[merge.result] = true;
        parts.scores[merge.result] = -static_cast<float>(merge.rank);
    }
    for (std::size_t id = 0; id < parts.tokens.size(); ++id)
        if (parts.types[id] == kNormalToken && byteOfName(parts.tokens[id]))
            parts.types[id] = kByteToken;
    return {};
}

}  // namespace

Result<VocabularyParts> vocabularyFromJson(std::string_view json, std::string_view config,
                                           std::size_t size) {
    SKD_TRY(const TokenizerBlueprint blueprint, readTokenizerJson(json, config));
    SKD_TRY(const TokenizerJsonDocument document, parseTokenizerJson(json));
    VocabularyParts parts;
    parts.bos = blueprint.bos;
    parts.eos = blueprint.eos;
    parts.unknown = blueprint.bpe.unknown;
    parts.addBos = blueprint.addsBos();
    parts.addEos =
        blueprint.eos && !blueprint.suffix.empty() && blueprint.suffix.back() == *blueprint.eos;
    addTokens(blueprint, std::max(size, blueprint.tokens.idLimit()), parts);
    const auto describe = blueprint.bpe.byteLevel ? describeBytePairs : describeSentencePiece;
    SKD_CHECK(describe(blueprint, document.rest, parts));
    return parts;
}

}  // namespace skd
