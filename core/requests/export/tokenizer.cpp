#include "requests/export/tokenizer.h"

#include "base/files.h"
#include "base/text.h"
#include "formats/gguf_file.h"
#include "library/gguf_vocabulary.h"
#include "model/files/gguf_output.h"
#include "tokenizer/files/tokenizer_output.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

/// Files beside the weights that a tokeniser, or generation, is read from.
constexpr std::array kTokenizerFiles{"tokenizer.json",
                                     "tokenizer_config.json",
                                     "special_tokens_map.json",
                                     "added_tokens.json",
                                     "vocab.json",
                                     "merges.txt",
                                     "tokenizer.model",
                                     "generation_config.json",
                                     "chat_template.jinja",
                                     "chat_template.json"};
/// What of a source's config.json a stock class uses besides the architecture.
constexpr std::array kCopiedKeys{"bos_token_id", "eos_token_id", "pad_token_id",
                                 "initializer_range", "attention_dropout"};
constexpr std::uint64_t kFileLimit = 128ull << 20;

/// Letters of several scripts, numbers, spaces, line ends and signs: where ways to split text
/// differ.
constexpr const char* kProbe =
    "Hello, world! It's  2024年3月, Café déjà-vu…\r\n\r\n\tfoo_bar(x)  += 12.5e3; DON'T don't 𝟘½ "
    "\xC2\xA0\xE3\x80\x80"
    "end  \n    def f(a, b):\n\n\n        return a+b  # ∑ 😀 naïve";

/// The rebuilt tokeniser must give the ids of the one the model was used with.
Status checkSame(const Tokenizer& wanted, const Result<std::shared_ptr<const Tokenizer>>& made) {
    if (!made) return fail(made.error().in("the exported tokeniser"));
    for (const bool special : {false, true}) {
        SKD_TRY(const std::vector<TokenId> before,
                wanted.encode(kProbe, {.addSpecialTokens = special}));
        SKD_TRY(const std::vector<TokenId> after,
                (*made)->encode(kProbe, {.addSpecialTokens = special}));
        if (before != after)
            return fail(ErrorCode::Unsupported,
                        "the tokeniser of this model cannot be written in the format asked for "
                        "without changing ids; export in the format of its base model");
    }
    return {};
}

Status copyFiles(const fs::path& from, const fs::path& to) {
    std::error_code ignored;
    for (const char* name : kTokenizerFiles) {
        if (!fs::exists(from / name, ignored)) continue;
        SKD_TRY(const std::string bytes, readFile(from / name, kFileLimit));
        SKD_CHECK(writeFileAtomically(to / name, bytes));
    }
    return {};
}

Status copyKeys(const fs::path& source, Json& config) {
    SKD_TRY(const Json json, readJsonFile(source / "config.json"));
    const Json& inner = json.contains("text_config") ? memberOf(json, "text_config") : json;
    for (const char* key : kCopiedKeys)
        for (const Json* from : {&json, &inner})
            if (from->contains(key)) config[key] = (*from)[key];
    return {};
}

std::string chatTemplateOf(const GgufMetadata& metadata) {
    const auto text = metadata.string("tokenizer.chat_template", "");
    return text && isValidUtf8(*text) ? std::string(*text) : "";
}

/// Ids that end a text: eos, and the end of a turn where a file names another one for it.
Json endIds(const GgufMetadata& metadata, const VocabularyParts& parts) {
    if (!parts.eos) return {};
    const auto turn =
        metadata.integer("tokenizer.ggml.eot_token_id", static_cast<std::int64_t>(*parts.eos));
    if (!turn || *turn == static_cast<std::int64_t>(*parts.eos)) return *parts.eos;
    return Json::array({*parts.eos, *turn});
}

Json generationConfig(const GgufMetadata& metadata, const VocabularyParts& parts) {
    Json json = Json::object();
    if (parts.bos) json["bos_token_id"] = *parts.bos;
    if (parts.eos) json["eos_token_id"] = endIds(metadata, parts);
    if (parts.padding) json["pad_token_id"] = *parts.padding;
    return json;
}

Status writeJson(const fs::path& path, const Json& json) {
    return writeFileAtomically(path, dumpJson(json, 2) + "\n");
}

Status writeFromGguf(const fs::path& source, const Tokenizer& tokenizer, const fs::path& folder,
                     Json& config) {
    SKD_TRY(const GgufFile file, GgufFile::open(source));
    SKD_TRY(const VocabularyParts parts, vocabularyOf(file));
    SKD_TRY(const std::string json, tokenizerJson(parts));
    SKD_CHECK(checkSame(tokenizer, Tokenizer::fromJson(json)));
    SKD_CHECK(writeFileAtomically(folder / "tokenizer.json", json));
    SKD_CHECK(
        writeJson(folder / "tokenizer_config.json",
                  tokenizerConfig(parts, chatTemplateOf(file.metadata()),
                                  valueOr(config, "max_position_embeddings", std::int64_t{2048}))));
    SKD_CHECK(writeJson(folder / "special_tokens_map.json", specialTokensMap(parts)));
    const Json generation = generationConfig(file.metadata(), parts);
    // A class's own default stands for a key that is missing, so there is one for each.
    for (const char* key : {"bos_token_id", "eos_token_id", "pad_token_id"})
        config[key] = generation.contains(key) ? generation[key] : Json();
    return writeJson(folder / "generation_config.json", generation);
}

/// The template of tokenizer_config.json (the one named "default" of several), or of its own file.
std::string chatTemplateIn(const fs::path& folder, const Json& config) {
    if (const auto own = readFile(folder / "chat_template.jinja", 4 << 20);
        own && isValidUtf8(*own))
        return *own;
    if (!config.is_object() || !config.contains("chat_template")) return "";
    const Json& stored = memberOf(config, "chat_template");
    if (stored.is_string()) return valueOr(stored, "");
    if (stored.is_array())
        for (const Json& one : stored)
            if (one.is_object() && valueOr(one, "name", "") == "default")
                return valueOr(one, "template", "");
    return "";
}

Result<std::vector<GgufField>> fieldsFromFolder(const fs::path& folder, const Tokenizer& tokenizer,
                                                std::int64_t size) {
    SKD_TRY(const std::string json, readFile(folder / "tokenizer.json", kFileLimit));
    std::error_code ignored;
    std::string configText;
    if (fs::exists(folder / "tokenizer_config.json", ignored)) {
        SKD_TRY(configText, readFile(folder / "tokenizer_config.json", 16 << 20));
    }
    auto parts = vocabularyFromJson(json, configText, static_cast<std::size_t>(size));
    if (!parts) return fail(parts.error().in((folder / "tokenizer.json").string()));
    SKD_CHECK(checkSame(tokenizer, Tokenizer::fromVocabulary(*parts)));
    const auto config = configText.empty() ? Result<Json>(Json()) : parseJson(configText);
    return vocabularyFields(*parts, chatTemplateIn(folder, config ? *config : Json()));
}

}  // namespace

Status writeTokenizerFiles(const ExportOrigin& origin, const Tokenizer& tokenizer,
                           const fs::path& folder, Json& config) {
    std::error_code ignored;
    if (!fs::is_directory(origin.source, ignored))
        return writeFromGguf(origin.source, tokenizer, folder, config);
    SKD_CHECK(copyKeys(origin.source, config));
    return copyFiles(origin.source, folder);
}

Result<std::vector<GgufField>> tokenizerFields(const ExportOrigin& origin,
                                               const Tokenizer& tokenizer,
                                               std::int64_t vocabularySize) {
    std::error_code ignored;
    if (fs::is_directory(origin.source, ignored))
        return fieldsFromFolder(origin.source, tokenizer, vocabularySize);
    SKD_TRY(const GgufFile file, GgufFile::open(origin.source));
    return copyFields(file.metadata(), "tokenizer.");
}

}  // namespace skd
