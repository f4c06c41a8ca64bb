#include "library/gguf_vocabulary.h"

namespace skd {
namespace {

std::optional<TokenId> optionalId(const GgufMetadata& metadata, const char* key) {
    if (!metadata.has(key)) return {};
    const auto id = metadata.integer(key);
    if (!id || *id < 0 || *id > 0x7FFFFFFF) return {};
    return static_cast<TokenId>(*id);
}

std::optional<bool> optionalFlag(const GgufMetadata& metadata, const char* key) {
    if (!metadata.has(key)) return {};
    const auto flag = metadata.boolean(key);
    return flag ? std::optional<bool>(*flag) : std::nullopt;
}

}  // namespace

Result<VocabularyParts> vocabularyOf(const GgufFile& file) {
    const GgufMetadata& metadata = file.metadata();
    VocabularyParts parts;
    SKD_TRY(const std::string_view model, metadata.string("tokenizer.ggml.model"));
    parts.model = model;
    SKD_TRY(const std::string_view pre, metadata.string("tokenizer.ggml.pre", ""));
    parts.pre = pre;
    SKD_TRY(const std::vector<std::string_view> tokens, metadata.strings("tokenizer.ggml.tokens"));
    parts.tokens.assign(tokens.begin(), tokens.end());
    if (metadata.has("tokenizer.ggml.merges")) {
        SKD_TRY(const std::vector<std::string_view> merges,
                metadata.strings("tokenizer.ggml.merges"));
        parts.merges.assign(merges.begin(), merges.end());
    }
    if (metadata.has("tokenizer.ggml.scores")) {
        SKD_TRY(parts.scores, metadata.floats("tokenizer.ggml.scores"));
    }
    if (metadata.has("tokenizer.ggml.token_type")) {
        SKD_TRY(const std::vector<std::int64_t> types,
                metadata.integers("tokenizer.ggml.token_type"));
        parts.types.assign(types.begin(), types.end());
    }
    parts.bos = optionalId(metadata, "tokenizer.ggml.bos_token_id");
    parts.eos = optionalId(metadata, "tokenizer.ggml.eos_token_id");
    parts.unknown = optionalId(metadata, "tokenizer.ggml.unknown_token_id");
    parts.padding = optionalId(metadata, "tokenizer.ggml.padding_token_id");
    parts.addBos = optionalFlag(metadata, "tokenizer.ggml.add_bos_token");
    parts.addEos = optionalFlag(metadata, "tokenizer.ggml.add_eos_token");
    parts.addSpacePrefix = optionalFlag(metadata, "tokenizer.ggml.add_space_prefix");
    return parts;
}

std::vector<GgufField> vocabularyFields(const VocabularyParts& parts,
                                        const std::string& chatTemplate) {
    std::vector<GgufField> fields{{"tokenizer.ggml.model", parts.model}};
    const auto add = [&](const char* key, GgufFieldValue value) {
        fields.push_back({std::string("tokenizer.ggml.") + key, std::move(value)});
    };
    if (!parts.pre.empty() || parts.model == "llama")
        add("pre", parts.pre.empty() ? std::string("default") : parts.pre);
    add("tokens", parts.tokens);
    if (!parts.scores.empty()) add("scores", parts.scores);
    if (!parts.types.empty())
        add("token_type", std::vector<std::int32_t>(parts.types.begin(), parts.types.end()));
    if (!parts.merges.empty() || parts.model == "gpt2") add("merges", parts.merges);
    for (const auto& [key, id] : {std::pair{"bos_token_id", parts.bos},
                                  {"eos_token_id", parts.eos},
                                  {"unknown_token_id", parts.unknown},
                                  {"padding_token_id", parts.padding}})
        if (id) add(key, *id);
    for (const auto& [key, flag] : {std::pair{"add_bos_token", parts.addBos},
                                    {"add_eos_token", parts.addEos},
                                    {"add_space_prefix", parts.addSpacePrefix}})
        if (flag) add(key, *flag);
    if (!chatTemplate.empty()) fields.push_back({"tokenizer.chat_template", chatTemplate});
    return fields;
}

}  // namespace skd
