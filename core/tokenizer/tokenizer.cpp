#include "tokenizer/tokenizer.h"

#include <bit>

#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "tokenizer/files/tokenizer_json.h"

namespace skd {
namespace {

constexpr std::uint64_t kJsonLimit = 128ull << 20;
constexpr std::uint64_t kConfigLimit = 16ull << 20;

Result<std::shared_ptr<const Tokenizer>> build(Result<TokenizerBlueprint> blueprint) {
    SKD_TRY(TokenizerParts parts, std::move(blueprint).and_then(assemble));
    return std::make_shared<const Tokenizer>(std::move(parts));
}

/// One call of encode: where each stretch of text goes.
class Encoding {
public:
    Encoding(const TokenizerParts& parts, const EncodeOptions& options, std::vector<TokenId>& ids)
        : m_parts(parts), m_options(options), m_ids(ids) {}

    Status run(std::string_view text) {
        m_begin = text.data();
        m_parts.rawTokens.split(
            text, m_options.parseSpecial, [&](std::string_view piece) { normalize(piece); },
            [&](TokenId id) { m_ids.push_back(id); });
        return m_status;
    }

private:
    void normalize(std::string_view text) {
        if (!m_status) return;
        const bool atStart = text.data() == m_begin;
        std::string_view normal = text;
        if (m_parts.normalizer) {
            auto result = m_parts.normalizer(text, m_buffer);
            if (!result) {
                m_status = fail(std::move(result).error());
                return;
            }
            normal = *result;
        }
        const char* start = atStart ? normal.data() : nullptr;
        m_parts.normalizedTokens.split(
            normal, m_options.parseSpecial,
            [&](std::string_view piece) { encodePieces(piece, piece.data() == start); },
            [&](TokenId id) { m_ids.push_back(id); });
    }

    void encodePieces(std::string_view text, bool atStart) {
        if (!m_status) return;
        m_status = m_parts.preTokenizer(text, atStart, [&](std::string_view piece) {
            m_parts.model.encode(piece, m_state, m_ids);
        });
    }

    const TokenizerParts& m_parts;
    const EncodeOptions& m_options;
    std::vector<TokenId>& m_ids;
    const char* m_begin = nullptr;
    std::string m_buffer;
    BpeModel::State m_state;
    Status m_status;
};

}  // namespace

Result<std::shared_ptr<const Tokenizer>> Tokenizer::fromJsonFile(
    const std::filesystem::path& tokenizerJson) {
    SKD_TRY(const std::string json, readFile(tokenizerJson, kJsonLimit));
    const auto configPath = tokenizerJson.parent_path() / "tokenizer_config.json";
    std::string config;
    std::error_code ignored;
    if (std::filesystem::exists(configPath, ignored)) {
        SKD_TRY(config, readFile(configPath, kConfigLimit));
    }
    return located(build(readTokenizerJson(json, config)), tokenizerJson.string());
}

Result<std::shared_ptr<const Tokenizer>> Tokenizer::fromJson(std::string_view json) {
    return build(readTokenizerJson(json, {}));
}

Result<std::shared_ptr<const Tokenizer>> Tokenizer::fromVocabulary(const VocabularyParts& parts) {
    return build(readVocabularyParts(parts));
}

Result<std::vector<TokenId>> Tokenizer::encode(std::string_view utf8,
                                               const EncodeOptions& options) const {
    if (const auto bad = firstInvalidUtf8(utf8))
        return fail(ErrorCode::InvalidInput, strCat("the text is not UTF-8: byte ", *bad,
                                                    " begins no valid character; convert "
                                                    "the text to UTF-8 first"));
    std::vector<TokenId> ids;
    ids.reserve(utf8.size() / 4 + 8);
    if (options.addSpecialTokens) ids = m_parts.prefix;
    SKD_CHECK(Encoding(m_parts, options, ids).run(utf8));
    if (options.addSpecialTokens)
        ids.insert(ids.end(), m_parts.suffix.begin(), m_parts.suffix.end());
    return ids;
}

std::string idsSha256(std::span<const TokenId> ids) {
    static_assert(std::endian::native == std::endian::little, "ids are hashed little-endian");
    return Sha256().update(ids.data(), ids.size_bytes()).hex();
}

}  // namespace skd
