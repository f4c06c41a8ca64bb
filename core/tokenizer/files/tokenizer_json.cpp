#include "tokenizer/files/tokenizer_json.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "tokenizer/files/json_fields.h"
#include "tokenizer/files/pipeline_json.h"

namespace skd {
namespace {

Status checkModelType(const Json& model) {
    SKD_TRY(const std::string type, optionalString(model, "type", "model"));
    if (!type.empty() && type != "BPE")
        return fail(ErrorCode::Unsupported,
                    strCat("the tokeniser's model is \"", type, "\"; this program reads BPE"));
    for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"}) {
        SKD_TRY(const std::string text, optionalString(model, affix, "model"));
        if (!text.empty())
            return fail(ErrorCode::Unsupported,
                        strCat("model: \"", affix, "\" = ", quoted(text), " is not supported"));
    }
    const Json* dropout = findMember(model, "dropout");
    if (dropout && valueAs<double>(*dropout) != 0.0)
        return fail(ErrorCode::Unsupported,
                    "model: \"dropout\" is on, so ids would be random; set it to null");
    return {};
}

Result<BpeOptions> readOptions(const Json& model, const TokenTable& tokens) {
    BpeOptions options;
    SKD_TRY(options.ignoreMerges, boolMember(model, "ignore_merges", false, "model"));
    SKD_TRY(options.byteFallback, boolMember(model, "byte_fallback", false, "model"));
    SKD_TRY(options.fuseUnknown, boolMember(model, "fuse_unk", false, "model"));
    SKD_TRY(const std::string unknown, optionalString(model, "unk_token", "model"));
    if (unknown.empty()) return options;
    options.unknown = tokens.find(unknown);
    if (!options.unknown)
        return fail(ErrorCode::Corrupt,
                    strCat("model: unk_token ", quoted(unknown), " is not in the vocabulary"));
    return options;
}

Result<AddedToken> readAddedToken(const Json& item, std::size_t index) {
    const std::string where = strCat("added_tokens[", index, "]");
    AddedToken token;
    SKD_TRY(token.content, stringMember(item, "content", where));
    const Json* id = findMember(item, "id");
    const auto number = id && id->is_number_unsigned() ? valueAs<std::int32_t>(*id) : std::nullopt;
    if (!number)
        return fail(ErrorCode::Corrupt,
                    strCat(where, ": \"id\" must be a whole number below 2^31"));
    token.id = static_cast<TokenId>(*number);
    SKD_TRY(token.singleWord, boolMember(item, "single_word", false, where));
    SKD_TRY(token.leftStrip, boolMember(item, "lstrip", false, where));
    SKD_TRY(token.rightStrip, boolMember(item, "rstrip", false, where));
    SKD_TRY(token.special, boolMember(item, "special", false, where));
    SKD_TRY(token.normalized, boolMember(item, "normalized", !token.special, where));
    return token;
}

/// Added tokens that the vocabulary has keep its id, as in `tokenizers`; new ones bring theirs.
Result<std::vector<AddedToken>> readAddedTokens(const Json& root, TokenTable& tokens) {
    std::vector<AddedToken> added;
    if (!findMember(root, "added_tokens")) return added;
    SKD_TRY(const Json* list, arrayMember(root, "added_tokens", "tokenizer.json"));
    for (std::size_t i = 0; i < list->size(); ++i) {
        SKD_TRY(AddedToken token, readAddedToken((*list)[i], i));
        if (token.content.empty()) continue;
        if (const auto known = tokens.find(token.content)) {
            if (*known != token.id)
                log::warning(strCat("added token ", quoted(token.content), " asks for id ",
                                    token.id, " but the vocabulary gives it ", *known,
                                    ", which is used"));
            token.id = *known;
        } else {
            SKD_CHECK(
                located(tokens.add({token.content, token.id}), strCat("added_tokens[", i, "]")));
        }
        added.push_back(std::move(token));
    }
    return added;
}

/// bos_token and eos_token are a string or an object with "content".
Result<std::optional<TokenId>> readNamedToken(const Json& config, std::string_view key,
                                              const TokenTable& tokens) {
    const Json* member = findMember(config, key);
    if (!member) return std::nullopt;
    std::string name;
    if (auto text = valueAs<std::string>(*member)) {
        name = std::move(*text);
    } else {
        SKD_TRY(name, stringMember(*member, "content", strCat("tokenizer_config.json: ", key)));
    }
    const auto id = tokens.find(name);
    if (!id && !name.empty())
        log::warning(
            strCat("tokenizer_config.json: ", key, " ", quoted(name), " is not in the vocabulary"));
    return id;
}

/// An explicit add_bos_token or add_eos_token decides over the template, as in transformers.
Status applyAddFlag(const Json& config, std::string_view key, std::optional<TokenId> token,
                    bool front, std::vector<TokenId>& around) {
    if (!findMember(config, key)) return {};
    SKD_TRY(const bool add, boolMember(config, key, false, "tokenizer_config.json"));
    if (add && !token)
        return fail(ErrorCode::Corrupt,
                    strCat("tokenizer_config.json: ", key, " is true but no such token is named"));
    if (!token) return {};
    const bool there = !around.empty() && (front ? around.front() : around.back()) == *token;
    const auto place = front ? around.begin() : around.end() - (there ? 1 : 0);
    if (add && !there) around.insert(place, *token);
    if (!add && there) around.erase(place);
    return {};
}

Status applyConfig(std::string_view text, TokenizerBlueprint& blueprint) {
    SKD_TRY(const TokenizerJsonDocument document, parseTokenizerJson(text));
    const Json& config = document.rest;
    if (!config.is_object()) return fail(ErrorCode::Corrupt, "the file must hold an object");
    SKD_TRY(blueprint.bos, readNamedToken(config, "bos_token", blueprint.tokens));
    SKD_TRY(blueprint.eos, readNamedToken(config, "eos_token", blueprint.tokens));
    SKD_CHECK(applyAddFlag(config, "add_bos_token", blueprint.bos, true, blueprint.prefix));
    return applyAddFlag(config, "add_eos_token", blueprint.eos, false, blueprint.suffix);
}

Status readParts(const Json& root, TokenizerBlueprint& blueprint) {
    SKD_TRY(blueprint.normalizer, readNormalizer(findMember(root, "normalizer")));
    SKD_TRY(PreTokenizerPlan plan, readPreTokenizer(findMember(root, "pre_tokenizer")));
    blueprint.bpe.byteLevel = plan.byteLevel;
    blueprint.preTokenizerName = plan.name();
    blueprint.stages = std::move(plan.stages);
    SKD_TRY(blueprint.decoding, readDecoder(findMember(root, "decoder")));
    SKD_TRY(PostProcessorPlan post,
            readPostProcessor(findMember(root, "post_processor"), blueprint.tokens));
    blueprint.prefix = std::move(post.prefix);
    blueprint.suffix = std::move(post.suffix);
    if (!blueprint.prefix.empty()) blueprint.bos = blueprint.prefix.front();
    if (!blueprint.suffix.empty()) blueprint.eos = blueprint.suffix.back();
    return {};
}

}  // namespace

Result<TokenizerBlueprint> readTokenizerJson(std::string_view json, std::string_view config) {
    SKD_TRY(TokenizerJsonDocument document, parseTokenizerJson(json));
    const Json* model = findMember(document.rest, "model");
    if (!model || !model->is_object())
        return fail(ErrorCode::Corrupt, "not a tokenizer.json: it has no object \"model\"");
    SKD_CHECK(checkModelType(*model));
    if (findMember(*model, "vocab"))
        return fail(ErrorCode::Corrupt, "model: \"vocab\" must be an object from token to id");
    if (findMember(*model, "merges"))
        return fail(ErrorCode::Corrupt, "model: \"merges\" must be an array");
    TokenizerBlueprint blueprint;
    SKD_TRY(blueprint.tokens, TokenTable::build(std::move(document.vocabulary)));
    SKD_TRY(blueprint.bpe, readOptions(*model, blueprint.tokens));
    SKD_TRY(blueprint.added, readAddedTokens(document.rest, blueprint.tokens));
    SKD_CHECK(readParts(document.rest, blueprint));
    SKD_TRY(blueprint.merges, mergesFromRules(blueprint.tokens, document.merges));
    blueprint.sha256 = sha256Hex(json);
    if (config.empty()) return blueprint;
    SKD_CHECK(located(applyConfig(config, blueprint), "tokenizer_config.json"));
    return blueprint;
}

}  // namespace skd
