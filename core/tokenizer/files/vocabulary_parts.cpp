#include "tokenizer/files/vocabulary_parts.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <set>

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "tokenizer/files/ggml_pre_tokenizers.h"
#include "tokenizer/files/pipeline_json.h"
#include "tokenizer/files/tokenizer_json.h"

namespace skd {
namespace {

constexpr std::size_t kLongestToken = 512;

/// SHA-256 over all fields, each preceded by its length.
std::string identityOf(const VocabularyParts& parts) {
    Sha256 hash;
    static_assert(std::endian::native == std::endian::little, "numbers are hashed little-endian");
    const auto number = [&](std::uint64_t value) { hash.update(&value, sizeof value); };
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
    for (const auto& [name, size] :
         {std::pair{"token_type", parts.types.size()}, {"scores", parts.scores.size()}})
        if (size != 0 && size != parts.tokens.size())
            return fail(ErrorCode::Corrupt,
                        strCat("tokenizer.ggml.", name, " has ", size, " entries for ",
                               parts.tokens.size(), " tokens"));
    return {};
}

Status checkTokens(const VocabularyParts& parts) {
    for (std::size_t id = 0; id < parts.tokens.size(); ++id) {
        const int type = parts.typeOf(id);
        if (type < 0 || type > kByteToken)
            return fail(ErrorCode::Corrupt, strCat("tokenizer.ggml.token_type[", id, "] is ", type,
                                                   "; known are 1 to 6"));
        if (type == kByteToken && !byteOfName(parts.tokens[id]))
            return fail(ErrorCode::Corrupt,
                        strCat("byte token ", id, " is ", quoted(parts.tokens[id]),
                               ", not <0x00> to <0xFF>"));
        if (const auto bad = firstInvalidUtf8(parts.tokens[id]))
            return fail(ErrorCode::Corrupt,
                        strCat("tokenizer.ggml.tokens[", id, "] is not UTF-8 at byte ", *bad));
    }
    return {};
}

Status check(const VocabularyParts& parts) {
    if (parts.model != "gpt2" && parts.model != "llama")
        return fail(ErrorCode::Unsupported, strCat("tokenizer.ggml.model = \"", parts.model,
                                                   "\" is not supported (known: gpt2, llama)"));
    SKD_CHECK(checkCounts(parts));
    SKD_CHECK(checkTokens(parts));
    for (const auto& [name, id] : {std::pair{"bos", parts.bos},
                                   {"eos", parts.eos},
                                   {"unknown", parts.unknown},
                                   {"padding", parts.padding}})
        if (id && *id >= parts.tokens.size())
            return fail(ErrorCode::Corrupt,
                        strCat("tokenizer.ggml.", name, "_token_id is ", *id, ", but there are ",
                               parts.tokens.size(), " tokens"));
    return {};
}

/// Each token as a tokenizer.json spells it. User-defined tokens of SentencePiece vocabularies hold
/// spaces where the vocabulary they were made from has U+2581; that spelling, unless another token
/// has it.
std::vector<VocabularyEntry> entriesOf(const VocabularyParts& parts) {
    const std::set<std::string_view> stored(parts.tokens.begin(), parts.tokens.end());
    std::vector<VocabularyEntry> entries;
    entries.reserve(parts.tokens.size());
    for (const std::string& token : parts.tokens) {
        const auto id = static_cast<TokenId>(entries.size());
        std::string spelled = token;
        if (parts.model != "gpt2" && parts.typeOf(id) == kUserDefinedToken)
            replaceAll(spelled, " ", kMetaspace);
        entries.push_back({stored.contains(spelled) ? token : spelled, id});
    }
    return entries;
}

std::vector<AddedToken> addedTokens(const VocabularyParts& parts, const TokenTable& tokens) {
    std::vector<AddedToken> added;
    for (std::size_t id = 0; id < parts.tokens.size(); ++id) {
        if (!parts.isAdded(id)) continue;
        AddedToken token{.id = static_cast<TokenId>(id), .content = parts.tokens[id]};
        token.special = parts.typeOf(id) != kUserDefinedToken;
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

/// Rank of each token: 0 for the highest score.
std::vector<std::uint32_t> ranksOf(const std::vector<float>& scores) {
    std::vector<float> sorted = scores;
    std::sort(sorted.begin(), sorted.end(), std::greater<>{});
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    std::vector<std::uint32_t> ranks;
    ranks.reserve(scores.size());
    for (const float score : scores) {
        const auto at = std::lower_bound(sorted.begin(), sorted.end(), score, std::greater<>{});
        ranks.push_back(static_cast<std::uint32_t>(at - sorted.begin()));
    }
    return ranks;
}

/// SentencePiece's BPE has scores instead of merges: of all neighbours whose union is a token, the
/// one with the highest score is joined first, then the leftmost. The same as merges: every way to
/// cut a token into two tokens, ranked by the token's score (equal scores, equal rank).
/// `mergeable[id]` says which tokens take part; `scores` has an entry per id. Tokens beyond 512
/// bytes are Unsupported.
Result<std::vector<Merge>> mergesFromScores(const TokenTable& tokens,
                                            const std::vector<float>& scores,
                                            const std::vector<bool>& mergeable) {
    for (std::size_t id = 0; id < scores.size(); ++id)
        if (std::isnan(scores[id]))
            return fail(ErrorCode::Corrupt, strCat("the score of token ", id, " is not a number"));
    const std::vector<std::uint32_t> ranks = ranksOf(scores);
    std::vector<Merge> merges;
    for (TokenId id = 0; id < tokens.idLimit(); ++id) {
        if (!tokens.has(id) || !mergeable[id]) continue;
        const std::string_view text = tokens.text(id);
        if (text.size() > kLongestToken)
            return fail(ErrorCode::Unsupported,
                        strCat("token ", id, " is ", text.size(), " bytes long; at most ",
                               kLongestToken, " are accepted"));
        for (std::size_t cut = 1; cut < text.size(); ++cut) {
            if ((static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) continue;
            const auto left = tokens.find(text.substr(0, cut));
            if (!left || !mergeable[*left]) continue;
            const auto right = tokens.find(text.substr(cut));
            if (right && mergeable[*right]) merges.push_back({*left, *right, id, ranks[id]});
        }
    }
    return merges;
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
    SKD_TRY(blueprint.merges, mergesFromRules(blueprint.tokens, rules));
    SKD_TRY(PreTokenizerPlan plan, readPreTokenizer(&pre.description));
    blueprint.stages = std::move(plan.stages);
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
        const bool userDefined = parts.typeOf(id) == kUserDefinedToken;
        mergeable[id] = parts.typeOf(id) == kNormalToken || userDefined;
        // User-defined tokens come before all others; their scores say nothing.
        if (userDefined) scores[id] = std::numeric_limits<float>::infinity();
    }
    SKD_TRY(blueprint.merges, mergesFromScores(blueprint.tokens, scores, mergeable));
    blueprint.bpe.byteLevel = false;
    blueprint.bpe.byteFallback = true;
    blueprint.bpe.fuseUnknown = true;
    blueprint.bpe.unknown = parts.unknown;
    const bool prefix = parts.addSpacePrefix.value_or(true);
    std::vector<Normalizer> normalizers;
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
