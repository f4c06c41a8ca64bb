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

/// Normalises, cuts and encodes the stretches of text between added tokens.
Status encodeText(const TokenizerParts& parts, std::string_view text, bool parseSpecial,
                  std::vector<TokenId>& ids) {
    std::string buffer;
    BpeModel::State state;
    Status status;
    const auto addId = [&](TokenId id) { ids.push_back(id); };
    const auto addWord = [&](std::string_view word) { parts.model.encode(word, state, ids); };
    const auto addStretch = [&](std::string_view stretch) {
        if (!status) return;
        Result<std::string_view> normal = stretch;
        if (parts.normalizer)
            normal = parts.normalizer(stretch, buffer, normalFormLimit(stretch.size()));
        if (!normal) {
            status = fail(std::move(normal).error());
            return;
        }
        const char* start = stretch.data() == text.data() ? normal->data() : nullptr;
        const auto addPiece = [&](std::string_view piece) {
            if (status) status = parts.preTokenizer(piece, piece.data() == start, addWord);
        };
        parts.normalizedTokens.split(*normal, parseSpecial, addPiece, addId);
    };
    parts.rawTokens.split(text, parseSpecial, addStretch, addId);
    return status;
}

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
    SKD_CHECK(encodeText(m_parts, utf8, options.parseSpecial, ids));
    if (options.addSpecialTokens)
        ids.insert(ids.end(), m_parts.suffix.begin(), m_parts.suffix.end());
    return ids;
}

std::string idsSha256(std::span<const TokenId> ids) {
    static_assert(std::endian::native == std::endian::little, "ids are hashed little-endian");
    return Sha256().update(ids.data(), ids.size_bytes()).hex();
}

}  // namespace skd
