#include "tokenizer/files/vocabulary_parts.h"

#include <bit>
#include <limits>
#include <set>

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "base/unicode.h"
#include "tokenizer/files/ggml_pre_tokenizers.h"
#include "tokenizer/files/sentencepiece_merges.h"
#include "tokenizer/files/tokenizer_json_document.h"
#include "tokenizer/model/tokenizer_parts.h"

namespace skd {
namespace {

constexpr int Normal = kNormalToken, Unknown = kUnknownToken, Control = kControlToken,
              UserDefined = kUserDefinedToken, Byte = kByteToken;

/// SHA-256 over all fields, each preceded by its length.
std::string identityOf(const VocabularyParts& parts) {
    Sha256 hash;
    const auto number = [&](std::uint64_t value) {
        std::string bytes;
        for (int shift = 0; shift < 64; shift += 8)
            bytes += static_cast<char>(value >> shift & 0xFF);
        hash.update(bytes);
    };
    const auto text = [&](const std::string& value) {
        number(value.size());
        hash.update(value);
    };
    const auto optional = [&](auto value) {
        number(value ? 1 + static_cast<std::uint64_t>(*value) : 0);
    };
    text("skd vocabulary 1");
    text(parts.model);
    text(parts.pre);
    number(parts.tokens.size());
    for (const std::string& token : parts.tokens) text(token);
    number(parts.scores.size());
    for (const float score : parts.scores) number(std::bit_cast<std::uint32_t>(score));
    number(parts.types.size());
    for (const int type : parts.types) number(static_cast<std::uint64_t>(type));
    number(parts.merges.size());
    for (const std::string& merge : parts.merges) text(merge);
    for (const auto& id : {parts.bos, parts.eos, parts.unknown, parts.padding}) optional(id);
    for (const auto& flag : {parts.addBos, parts.addEos, parts.addSpacePrefix}) optional(flag);
    return hash.hex();
}

Status checkCounts(const VocabularyParts& parts) {
    if (!parts.types.empty() && parts.types.size() != parts.tokens.size())
        return fail(ErrorCode::Corrupt, strCat("tokenizer.ggml.token_type has ", parts.types.size(),
                                               " entries for ", parts.tokens.size(), " tokens"));
    if (!parts.scores.empty() && parts.scores.size() != parts.tokens.size())
        return fail(ErrorCode::Corrupt, strCat("tokenizer.ggml.scores has ", parts.scores.size(),
                                               " entries for ", parts.tokens.size(), " tokens"));
    return {};
}

bool isByteName(const std::string& text) {
    return text.size() == 6 && text.starts_with("<0x") && text.ends_with('>') &&
           text.find_first_not_of("0123456789ABCDEFabcdef", 3) == 5;
}

Status checkTokens(const VocabularyParts& parts) {
    for (std::size_t id = 0; id < parts.tokens.size(); ++id) {
        const int type = typeOf(parts, id);
        if (type < 0 || type > Byte)
            return fail(ErrorCode::Corrupt, strCat("tokenizer.ggml.token_type[", id, "] is ", type,
                                                   "; known are 1 to 6"));
        if (type == Byte && !isByteName(parts.tokens[id]))
            return fail(ErrorCode::Corrupt,
                        strCat("byte token ", id, " is ", quoted(parts.tokens[id]),
                               ", not <0x00> to <0xFF>"));
        if (const auto bad = firstInvalidUtf8(parts.tokens[id]))
            return fail(ErrorCode::Corrupt,
                        strCat("tokenizer.ggml.tokens[", id, "] is not UTF-8 at byte ", *bad));
    }
    return {};
}

Status checkId(const char* name, const std::optional<TokenId>& id, const VocabularyParts& parts) {
    if (!id || *id < parts.tokens.size()) return {};
    return fail(ErrorCode::Corrupt, strCat("tokenizer.ggml.", name, "_token_id is ", *id,
                                           ", but there are ", parts.tokens.size(), " tokens"));
}

Status check(const VocabularyParts& parts) {
    if (parts.model != "gpt2" && parts.model != "llama")
        return fail(ErrorCode::Unsupported, strCat("tokenizer.ggml.model = \"", parts.model,
                                                   "\" is not supported (known: gpt2, llama)"));
    SKD_CHECK(checkCounts(parts));
    SKD_CHECK(checkTokens(parts));
    SKD_CHECK(checkId("bos", parts.bos, parts));
    SKD_CHECK(checkId("eos", parts.eos, parts));
    SKD_CHECK(checkId("unknown", parts.unknown, parts));
    return checkId("padding", parts.padding, parts);
}

std::string spellingOf(const VocabularyParts& parts, std::size_t id,
                       const std::set<std::string_view>& normal) {
    const std::string& stored = parts.tokens[id];
    if (parts.model == "gpt2" || typeOf(parts, id) != UserDefined) return stored;
    std::string spelled;
    for (const char c : stored) c == ' ' ? spelled += kMetaspace : spelled += c;
    return normal.contains(spelled) ? stored : spelled;
}

std::vector<VocabularyEntry> entriesOf(const VocabularyParts& parts) {
    std::vector<VocabularyEntry> entries;
    entries.reserve(parts.tokens.size());
    for (std::string& spelling : vocabularySpellings(parts))
        entries.push_back({std::move(spelling), static_cast<TokenId>(entries.size())});
    return entries;
}

std::vector<AddedToken> addedTokens(const VocabularyParts& parts, const TokenTable& tokens) {
    std::vector<AddedToken> added;
    for (std::size_t id = 0; id < parts.tokens.size(); ++id) {
        const int type = typeOf(parts, id);
        if (parts.tokens[id].empty() || (type != Unknown && type != Control && type != UserDefined))
            continue;
        AddedToken token;
        token.id = static_cast<TokenId>(id);
        token.content = parts.tokens[id];
        token.special = type != UserDefined;
        added.push_back(token);
        // Either spelling is cut out of the text, as `tokenizers` does with that vocabulary.
        token.content = tokens.text(token.id);
        if (token.content != parts.tokens[id]) added.push_back(std::move(token));
    }
    return added;
}

void addAround(const VocabularyParts& parts, bool addsBos, TokenizerBlueprint& blueprint) {
    blueprint.bos = parts.bos;
    blueprint.eos = parts.eos;
    if (parts.addBos.value_or(addsBos) && parts.bos) blueprint.prefix.push_back(*parts.bos);
    if (parts.addEos.value_or(false) && parts.eos) blueprint.suffix.push_back(*parts.eos);
}

Status readBytePairs(const VocabularyParts& parts, TokenizerBlueprint& blueprint) {
    SKD_TRY(GgmlPreTokenizer pre, findGgmlPreTokenizer(parts.pre));
    if (pre.name == "default")
        log::warning(
            "the vocabulary does not name how text is split before encoding (tokenizer.ggml.pre); "
            "the split of old files is used and ids may be wrong");
    std::vector<MergeRule> rules;
    rules.reserve(parts.merges.size());
    for (std::size_t i = 0; i < parts.merges.size(); ++i) {
        if (firstInvalidUtf8(parts.merges[i]))
            return fail(ErrorCode::Corrupt, strCat("tokenizer.ggml.merges[", i, "] is not UTF-8"));
        SKD_TRY(MergeRule rule, parseMergeLine(parts.merges[i], i));
        rules.push_back(std::move(rule));
    }
    blueprint.merges = std::move(rules);
    blueprint.stages = std::move(pre.plan.stages);
    blueprint.bpe.ignoreMerges = pre.ignoreMerges;
    blueprint.decoding.byteLevel = true;
    blueprint.preTokenizerName = pre.name;
    if (pre.normalizesNfc) blueprint.normalizer = unicodeNormalizer(UnicodeForm::Nfc);
    addAround(parts, pre.addsBos, blueprint);
    return {};
}

Status readSentencePiece(const VocabularyParts& parts, TokenizerBlueprint& blueprint) {
    if (parts.scores.empty())
        return fail(ErrorCode::Corrupt,
                    "tokenizer.ggml.model is \"llama\", but there are no scores");
    std::vector<bool> mergeable(parts.tokens.size());
    std::vector<float> scores = parts.scores;
    for (std::size_t id = 0; id < parts.tokens.size(); ++id) {
        mergeable[id] = typeOf(parts, id) == Normal || typeOf(parts, id) == UserDefined;
        // User-defined tokens come before all others; their scores say nothing.
        if (typeOf(parts, id) == UserDefined) scores[id] = std::numeric_limits<float>::infinity();
    }
    SKD_TRY(blueprint.merges, mergesFromScores(blueprint.tokens, scores, mergeable));
    blueprint.bpe.byteLevel = false;
    blueprint.bpe.byteFallback = true;
    blueprint.bpe.fuseUnknown = true;
    blueprint.bpe.unknown = parts.unknown;
    const bool prefix = parts.addSpacePrefix.value_or(true);
    std::vector<NormalizerPtr> normalizers;
    if (prefix) normalizers.push_back(prependNormalizer(std::string(kMetaspace)));
    SKD_TRY(auto space, literalMatcher(" "));
    normalizers.push_back(replaceNormalizer(std::move(space), std::string(kMetaspace)));
    blueprint.normalizer = normalizerSequence(std::move(normalizers));
    blueprint.decoding.replacements.emplace_back(kMetaspace, " ");
    blueprint.decoding.byteFallback = true;
    blueprint.decoding.stripStart = prefix ? 1 : 0;
    blueprint.preTokenizerName = "sentencepiece";
    addAround(parts, true, blueprint);
    return {};
}

}  // namespace

std::vector<std::string> vocabularySpellings(const VocabularyParts& parts) {
    const std::set<std::string_view> stored(parts.tokens.begin(), parts.tokens.end());
    std::vector<std::string> spellings;
    spellings.reserve(parts.tokens.size());
    for (std::size_t id = 0; id < parts.tokens.size(); ++id)
        spellings.push_back(spellingOf(parts, id, stored));
    return spellings;
}

Result<TokenizerBlueprint> readVocabularyParts(const VocabularyParts& parts) {
    SKD_CHECK(check(parts));
    TokenizerBlueprint blueprint;
    SKD_TRY(blueprint.tokens, TokenTable::build(entriesOf(parts)));
    blueprint.added = addedTokens(parts, blueprint.tokens);
    if (parts.model == "gpt2")
        SKD_CHECK(readBytePairs(parts, blueprint));
    else
        SKD_CHECK(readSentencePiece(parts, blueprint));
    blueprint.sha256 = identityOf(parts);
    return blueprint;
}

}  // namespace skd
