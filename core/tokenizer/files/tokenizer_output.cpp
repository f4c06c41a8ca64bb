#include "tokenizer/files/tokenizer_output.h"

#include <algorithm>
#include <limits>
#include <map>

#include "base/text.h"
#include "tokenizer/files/ggml_pre_tokenizers.h"
#include "tokenizer/files/tokenizer_json_document.h"
#include "tokenizer/model/tokenizer_parts.h"

namespace skd {
namespace {

std::string quote(const std::string& text) {
    return dumpJson(Json(text));
}

/// Two tokens that become a third one, and when.
struct Pair {
    float score = 0;
    TokenId result = 0;
    std::string_view left, right;
};

/// Every way to cut a token into two tokens, the highest score first (see mergesFromScores).
std::vector<Pair> pairsFromScores(const VocabularyParts& parts,
                                  const std::vector<std::string>& spellings) {
    const auto takesPart = [&](std::size_t id) {
        return typeOf(parts, id) == kNormalToken || typeOf(parts, id) == kUserDefinedToken;
    };
    std::map<std::string_view, TokenId> ids;
    for (std::size_t id = 0; id < spellings.size(); ++id)
        if (takesPart(id)) ids.emplace(spellings[id], static_cast<TokenId>(id));
    std::vector<Pair> pairs;
    for (std::size_t id = 0; id < spellings.size(); ++id) {
        if (!takesPart(id)) continue;
        const std::string_view whole = spellings[id];
        const float score = typeOf(parts, id) == kUserDefinedToken
                                ? std::numeric_limits<float>::infinity()
                                : parts.scores[id];
        for (std::size_t cut = 1; cut < whole.size(); ++cut)
            if (ids.contains(whole.substr(0, cut)) && ids.contains(whole.substr(cut)))
                pairs.push_back(
                    {score, static_cast<TokenId>(id), whole.substr(0, cut), whole.substr(cut)});
    }
    std::stable_sort(pairs.begin(), pairs.end(),
                     [](const Pair& a, const Pair& b) { return a.score > b.score; });
    return pairs;
}

/// The JSON of one vocabulary. The long lists are written as text: an ordered Json object looks up
/// each key among all before it.
class Writer {
public:
    Writer(const VocabularyParts& parts, const TokenizerBlueprint& blueprint)
        : m_parts(parts),
          m_blueprint(blueprint),
          m_spellings(vocabularySpellings(parts)),
          m_bytePairs(parts.model == "gpt2") {}

    Result<std::string> write() {
        Json model{{"type", "BPE"},
                   {"dropout", nullptr},
                   {"unk_token", nullptr},
                   {"continuing_subword_prefix", nullptr},
                   {"end_of_word_suffix", nullptr}};
        model["fuse_unk"] = !m_bytePairs;
        model["byte_fallback"] = !m_bytePairs;
        model["ignore_merges"] = m_blueprint.bpe.ignoreMerges;
        if (!m_bytePairs && m_parts.unknown) model["unk_token"] = m_spellings[*m_parts.unknown];
        SKD_TRY(const Json preTokenizer, preTokenizerJson());
        SKD_TRY(const std::string merges, mergeList());
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
                      ",\"merges\":", merges, "}}\n");
    }

private:
    [[nodiscard]] bool spacePrefix() const {
        return !m_bytePairs && m_parts.addSpacePrefix.value_or(true);
    }

    [[nodiscard]] std::string vocabulary() const {
        std::string text = "{";
        for (std::size_t id = 0; id < m_spellings.size(); ++id)
            text += strCat(id > 0 ? "," : "", quote(m_spellings[id]), ":", id);
        return text + "}";
    }

    [[nodiscard]] Result<std::string> mergeList() const {
        std::string text = "[";
        const auto add = [&](std::string_view left, std::string_view right) {
            text += strCat(text.size() > 1 ? ",[" : "[", quote(std::string(left)), ",",
                           quote(std::string(right)), "]");
        };
        if (m_bytePairs) {
            for (std::size_t i = 0; i < m_parts.merges.size(); ++i) {
                SKD_TRY(const MergeRule rule, parseMergeLine(m_parts.merges[i], i));
                add(std::string_view(rule.joined).substr(0, rule.leftSize),
                    std::string_view(rule.joined).substr(rule.leftSize));
            }
        } else {
            for (const Pair& pair : pairsFromScores(m_parts, m_spellings))
                add(pair.left, pair.right);
        }
        return text + "]";
    }

    [[nodiscard]] Json addedTokens() const {
        Json added = Json::array();
        for (std::size_t id = 0; id < m_spellings.size(); ++id) {
            const int type = typeOf(m_parts, id);
            if (m_spellings[id].empty() ||
                (type != kUnknownToken && type != kControlToken && type != kUserDefinedToken))
                continue;
            // Spaces are U+2581 by the time such a token is looked for.
            const bool normalized = type == kUserDefinedToken && !spacePrefix() &&
                                    m_spellings[id].find(kMetaspace) != std::string::npos;
            added.push_back({{"id", id},
                             {"content", m_spellings[id]},
                             {"single_word", false},
                             {"lstrip", false},
                             {"rstrip", false},
                             {"normalized", normalized},
                             {"special", type != kUserDefinedToken}});
        }
        return added;
    }

    [[nodiscard]] Json normalizer() const {
        if (m_bytePairs) return m_blueprint.normalizer ? Json{{"type", "NFC"}} : Json();
        const Json replace{
            {"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", kMetaspace}};
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
            const std::string& name = m_spellings[id];
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
    std::vector<std::string> m_spellings;
    bool m_bytePairs;
};

}  // namespace

Result<std::string> tokenizerJson(const VocabularyParts& parts) {
    SKD_TRY(const TokenizerBlueprint blueprint, readVocabularyParts(parts));
    return Writer(parts, blueprint).write();
}

Json specialTokensMap(const VocabularyParts& parts) {
    Json map = Json::object();
    const auto put = [&](const char* key, const std::optional<TokenId>& id) {
        if (id && *id < parts.tokens.size()) map[key] = parts.tokens[*id];
    };
    put("bos_token", parts.bos);
    put("eos_token", parts.eos);
    put("unk_token", parts.unknown);
    put("pad_token", parts.padding);
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
