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
    if (part->value("type", "") == type) return true;
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

class Vocabulary {
public:
    Vocabulary(TokenizerBlueprint blueprint, const Json& rest)
        : m_blueprint(std::move(blueprint)), m_rest(rest) {}

    Result<VocabularyParts> parts(std::size_t size) {
        m_parts.bos = m_blueprint.bos;
        m_parts.eos = m_blueprint.eos;
        m_parts.unknown = m_blueprint.bpe.unknown;
        m_parts.addBos = m_blueprint.addsBos();
        m_parts.addEos = m_blueprint.eos && !m_blueprint.suffix.empty() &&
                         m_blueprint.suffix.back() == *m_blueprint.eos;
        addTokens(std::max(size, m_blueprint.tokens.idLimit()));
        SKD_CHECK(m_blueprint.bpe.byteLevel ? describeBytePairs() : describeSentencePiece());
        return std::move(m_parts);
    }

private:
    void addTokens(std::size_t size) {
        for (std::size_t id = 0; id < size; ++id) {
            const bool there = m_blueprint.tokens.has(static_cast<TokenId>(id));
            m_parts.tokens.push_back(there ? m_blueprint.tokens.text(static_cast<TokenId>(id))
                                           : strCat("[PAD", id, "]"));
            m_parts.types.push_back(there ? kNormalToken : kUnusedToken);
        }
        for (const AddedToken& token : m_blueprint.added) {
            if (token.singleWord || token.leftStrip || token.rightStrip)
                log::warning(strCat("the added token ", quoted(token.content),
                                    " takes its surroundings into account; llama.cpp will not"));
            m_parts.types[token.id] = token.special ? kControlToken : kUserDefinedToken;
        }
    }

    Status describeBytePairs() {
        const std::string& ours = m_blueprint.preTokenizerName;
        m_parts.model = "gpt2";
        m_parts.pre = ggmlName(ours, names(findMember(m_rest, "normalizer"), "NFC"),
                               m_blueprint.bpe.ignoreMerges);
        const auto known = m_parts.pre.empty()
                               ? Result<GgmlPreTokenizer>(fail(ErrorCode::Unsupported, ""))
                               : findGgmlPreTokenizer(m_parts.pre);
        if (!known || known->ignoreMerges != m_blueprint.bpe.ignoreMerges)
            return fail(
                ErrorCode::Unsupported,
                strCat("llama.cpp has no name for this tokeniser's way to split text (", ours,
                       "); export with --format hf-dense and convert that folder with llama.cpp's "
                       "own tools"));
        for (const Merge& merge : m_blueprint.merges)
            m_parts.merges.push_back(strCat(m_blueprint.tokens.text(merge.left), " ",
                                            m_blueprint.tokens.text(merge.right)));
        return {};
    }

    /// Merges become scores: the earlier a token is made, the higher.
    Status describeSentencePiece() {
        if (!m_blueprint.bpe.byteFallback ||
            m_blueprint.preTokenizerName.find("own pattern") != std::string::npos)
            return fail(ErrorCode::Unsupported,
                        "llama.cpp has neither byte pairs nor a SentencePiece vocabulary for this "
                        "tokeniser; export with --format hf-dense");
        m_parts.model = "llama";
        const Json* normalizer = findMember(m_rest, "normalizer");
        const Json* pre = findMember(m_rest, "pre_tokenizer");
        m_parts.addSpacePrefix =
            names(normalizer, "Prepend") ||
            (names(pre, "Metaspace") && pre->value("prepend_scheme", "always") != "never");
        m_parts.scores.assign(m_parts.tokens.size(), 0);
        if (m_parts.unknown) m_parts.types[*m_parts.unknown] = kUnknownToken;
        std::vector<bool> made(m_parts.tokens.size());
        for (const Merge& merge : m_blueprint.merges) {
            if (made[merge.result]) continue;
            made[merge.result] = true;
            m_parts.scores[merge.result] = -static_cast<float>(merge.rank);
        }
        for (std::size_t id = 0; id < m_parts.tokens.size(); ++id)
            if (m_parts.types[id] == kNormalToken && byteOfName(m_parts.tokens[id]))
                m_parts.types[id] = kByteToken;
        return {};
    }

    TokenizerBlueprint m_blueprint;
    const Json& m_rest;
    VocabularyParts m_parts;
};

}  // namespace

Result<VocabularyParts> vocabularyFromJson(std::string_view json, std::string_view config,
                                           std::size_t size) {
    SKD_TRY(TokenizerBlueprint blueprint, readTokenizerJson(json, config));
    SKD_TRY(const TokenizerJsonDocument document, parseTokenizerJson(json));
    return Vocabulary(std::move(blueprint), document.rest).parts(size);
}

}  // namespace skd
