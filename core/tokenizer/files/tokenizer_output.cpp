#include "tokenizer/files/tokenizer_output.h"

#include <algorithm>

#include "base/text.h"
#include "tokenizer/files/ggml_pre_tokenizers.h"
#include "tokenizer/model/tokenizer_parts.h"

namespace skd {
namespace {

std::string quote(const std::string& text) {
    return dumpJson(Json(text));
}

/// The JSON of one vocabulary. The long lists are written as text: an ordered Json object looks up
/// each key among all before it.
class Writer {
public:
    Writer(const VocabularyParts& parts, const TokenizerBlueprint& blueprint)
        : m_parts(parts), m_blueprint(blueprint), m_bytePairs(parts.model == "gpt2") {}

    Result<std::string> write() {
        Json model{{"type", "BPE"},
                   {"dropout", nullptr},
                   {"unk_token", nullptr},
                   {"continuing_subword_prefix", nullptr},
                   {"end_of_word_suffix", nullptr},
                   {"fuse_unk", !m_bytePairs},
                   {"byte_fallback", !m_bytePairs},
                   {"ignore_merges", m_blueprint.bpe.ignoreMerges}};
        if (!m_bytePairs && m_parts.unknown) model["unk_token"] = spelling(*m_parts.unknown);
        SKD_TRY(const Json preTokenizer, preTokenizerJson());
        const Json rest{{"version", "1.0"},
                        {"truncation", nullptr},
                        {"padding", nullptr},
                        {"added_tokens", addedTokens()},
                        {"normalizer", normalizer()},
                        {"pre_tokenizer", preTokenizer},
                        {"post_processor", postProcessor()},
                        {"decoder", decoder()}};
        std::string text = dumpJson(rest), inner = dumpJson(model);
        text.pop_back();
        inner.pop_back();
        return strCat(text, ",\"model\":", inner, ",\"vocab\":", vocabulary(),
                      ",\"merges\":", mergeList(), "}}\n");
    }

private:
    [[nodiscard]] bool spacePrefix() const {
        return !m_bytePairs && m_parts.addSpacePrefix.value_or(true);
    }

    [[nodiscard]] const std::string& spelling(std::size_t id) const {
        return m_blueprint.tokens.text(static_cast<TokenId>(id));
    }

    [[nodiscard]] std::string vocabulary() const {
        std::string list;
        for (std::size_t id = 0; id < m_parts.tokens.size(); ++id)
            appendPart(list, strCat(quote(spelling(id)), ":", id), ",");
        return "{" + list + "}";
    }

    /// The lowest rank first (see mergesFromScores).
    [[nodiscard]] std::string mergeList() const {
        std::vector<Merge> merges = m_blueprint.merges;
        std::stable_sort(merges.begin(), merges.end(),
                         [](const Merge& a, const Merge& b) { return a.rank < b.rank; });
        std::string list;
        for (const Merge& merge : merges)
            appendPart(
                list,
                strCat("[", quote(spelling(merge.left)), ",", quote(spelling(merge.right)), "]"),
                ",");
        return "[" + list + "]";
    }

    [[nodiscard]] Json addedTokens() const {
        Json added = Json::array();
        for (std::size_t id = 0; id < m_parts.tokens.size(); ++id) {
            if (!m_parts.isAdded(id)) continue;
            const bool userDefined = m_parts.typeOf(id) == kUserDefinedToken;
            // Spaces are U+2581 by the time such a token is looked for.
            const bool normalized =
                userDefined && !spacePrefix() && spelling(id).find(kMetaspace) != std::string::npos;
            added.push_back({{"id", id},
                             {"content", spelling(id)},
                             {"single_word", false},
                             {"lstrip", false},
                             {"rstrip", false},
                             {"normalized", normalized},
                             {"special", !userDefined}});
        }
        return added;
    }

    [[nodiscard]] Json normalizer() const {
        if (m_bytePairs) return m_blueprint.normalizer ? Json{{"type", "NFC"}} : Json();
        Json replace{{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", kMetaspace}};
        if (!spacePrefix()) return replace;
        return {{"type", "Sequence"},
                {"normalizers",
                 Json::array({Json{{"type", "Prepend"}, {"prepend", kMetaspace}}, replace})}};
    }

    [[nodiscard]] Result<Json> preTokenizerJson() const {
        if (!m_bytePairs) return Json();
        SKD_TRY(const GgmlPreTokenizer pre, findGgmlPreTokenizer(m_parts.pre));
        return pre.description;
    }

    [[nodiscard]] Json postProcessor() const {
        if (m_blueprint.prefix.empty() && m_blueprint.suffix.empty()) return {};
        Json single = Json::array(), pair = Json::array(), tokens = Json::object();
        const auto special = [&](Json& list, TokenId id, int type) {
            const std::string& name = spelling(id);
            list.push_back({{"SpecialToken", {{"id", name}, {"type_id", type}}}});
            tokens[name] = {
                {"id", name}, {"ids", Json::array({id})}, {"tokens", Json::array({name})}};
        };
        const auto text = [&](Json& list, const char* name, int type) {
            for (const TokenId id : m_blueprint.prefix) special(list, id, type);
            list.push_back({{"Sequence", {{"id", name}, {"type_id", type}}}});
            for (const TokenId id : m_blueprint.suffix) special(list, id, type);
        };
        text(single, "A", 0);
        text(pair, "A", 0);
        text(pair, "B", 1);
        return {{"type", "TemplateProcessing"},
                {"single", single},
                {"pair", pair},
                {"special_tokens", tokens}};
    }

    [[nodiscard]] Json decoder() const {
        if (m_bytePairs)
            return {{"type", "ByteLevel"},
                    {"add_prefix_space", true},
                    {"trim_offsets", true},
                    {"use_regex", true}};
        Json steps = Json::array(
            {Json{{"type", "Replace"}, {"pattern", {{"String", kMetaspace}}}, {"content", " "}},
             Json{{"type", "ByteFallback"}}, Json{{"type", "Fuse"}}});
        if (spacePrefix())
            steps.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
        return {{"type", "Sequence"}, {"decoders", steps}};
    }

    const VocabularyParts& m_parts;
    const TokenizerBlueprint& m_blueprint;
    bool m_bytePairs;
};

}  // namespace

Result<std::string> tokenizerJson(const VocabularyParts& parts) {
    SKD_TRY(const TokenizerBlueprint blueprint, readVocabularyParts(parts));
    return Writer(parts, blueprint).write();
}

Json specialTokensMap(const VocabularyParts& parts) {
    Json map = Json::object();
    for (const auto& [key, id] : {std::pair{"bos_token", parts.bos},
                                  {"eos_token", parts.eos},
                                  {"unk_token", parts.unknown},
                                  {"pad_token", parts.padding}})
        if (id && *id < parts.tokens.size()) map[key] = parts.tokens[*id];
    return map;
}

Json tokenizerConfig(const VocabularyParts& parts, const std::string& chatTemplate,
                     std::int64_t maxPositions) {
    Json config{{"tokenizer_class", "PreTrainedTokenizerFast"},
                {"model_max_length", maxPositions},
                {"clean_up_tokenization_spaces", false}};
    config.update(specialTokensMap(parts));
    if (!chatTemplate.empty()) config["chat_template"] = chatTemplate;
    return config;
}

}  // namespace skd
