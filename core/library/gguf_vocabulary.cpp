#include "library/gguf_vocabulary.h"

#include <array>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "formats/refusals.h"

namespace skd {
namespace {

constexpr std::array<std::pair<const char*, std::optional<TokenId> VocabularyParts::*>, 4> kIds{{
    {"tokenizer.ggml.bos_token_id", &VocabularyParts::bos},
    {"tokenizer.ggml.eos_token_id", &VocabularyParts::eos},
    {"tokenizer.ggml.unknown_token_id", &VocabularyParts::unknown},
    {"tokenizer.ggml.padding_token_id", &VocabularyParts::padding},
}};
constexpr std::array<std::pair<const char*, std::optional<bool> VocabularyParts::*>, 3> kFlags{{
    {"tokenizer.ggml.add_bos_token", &VocabularyParts::addBos},
    {"tokenizer.ggml.add_eos_token", &VocabularyParts::addEos},
    {"tokenizer.ggml.add_space_prefix", &VocabularyParts::addSpacePrefix},
}};

/// The token of a key like bos_token_id, nothing where it is missing. bos and eos change what is
/// computed: out of range they are refused; of the others llama.cpp takes none, with a warning.
Result<std::optional<TokenId>> tokenAt(const GgufMetadata& metadata, const std::string& key,
                                       std::size_t tokens) {
    if (!metadata.has(key)) return std::optional<TokenId>();
    SKD_TRY(const std::int64_t id, metadata.integer(key));
    if (id >= 0 && id < static_cast<std::int64_t>(tokens))
        return std::optional(static_cast<TokenId>(id));
    const std::string problem = strCat(key, " is ", id, ", but the file has ", tokens, " tokens");
    if (key.ends_with("bos_token_id") || key.ends_with("eos_token_id")) return corrupt(problem);
    log::warning(problem + "; it is ignored");
    return std::optional<TokenId>();
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
    for (const auto& [key, member] : kIds) {
        SKD_TRY(parts.*member, tokenAt(metadata, key, tokens.size()));
    }
    for (const auto& [key, member] : kFlags)
        if (const auto flag = metadata.boolean(key)) parts.*member = *flag;
    return parts;
}

std::vector<GgufField> vocabularyFields(const VocabularyParts& parts,
                                        const std::string& chatTemplate) {
    std::vector<GgufField> fields{{"tokenizer.ggml.model", parts.model}};
    if (!parts.pre.empty() || parts.model == "llama")
        fields.push_back({"tokenizer.ggml.pre", parts.pre.empty() ? "default" : parts.pre});
    fields.push_back({"tokenizer.ggml.tokens", parts.tokens});
    if (!parts.scores.empty()) fields.push_back({"tokenizer.ggml.scores", parts.scores});
    if (!parts.types.empty())
        fields.push_back({"tokenizer.ggml.token_type",
                          std::vector<std::int32_t>(parts.types.begin(), parts.types.end())});
    if (!parts.merges.empty() || parts.model == "gpt2")
        fields.push_back({"tokenizer.ggml.merges", parts.merges});
    for (const auto& [key, member] : kIds)
        if (parts.*member) fields.push_back({key, *(parts.*member)});
    for (const auto& [key, member] : kFlags)
        if (parts.*member) fields.push_back({key, *(parts.*member)});
    if (!chatTemplate.empty()) fields.push_back({"tokenizer.chat_template", chatTemplate});
    return fields;
}

}  // namespace skd
