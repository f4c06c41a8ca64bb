#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/files/vocabulary_parts.h"
#include "tokenizer/model/tokenizer_parts.h"

namespace skd {

/// Added tokens of the tokeniser are always cut out of the text, as `tokenizers` does.
struct EncodeOptions {
    bool addSpecialTokens = false;  ///< what the tokeniser itself puts around a text, e.g. bos
    bool parseSpecial = true;       ///< false: special added tokens in the text are ordinary text
};

/// Text to token ids and back: byte-pair encoding as tokenizer.json (Hugging Face `tokenizers`) or
/// a GGUF vocabulary describes it. Immutable; may be shared between threads.
class Tokenizer {
public:
    /// Reads a tokenizer.json and, where it lies beside it, tokenizer_config.json for the names of
    /// bos and eos and for add_bos_token. Corrupt names the place; Unsupported names the part.
    static Result<std::shared_ptr<const Tokenizer>> fromJsonFile(
        const std::filesystem::path& tokenizerJson);
    /// The same from the text of a tokenizer.json alone.
    static Result<std::shared_ptr<const Tokenizer>> fromJson(std::string_view json);
    /// From the tokenizer.ggml.* metadata of a GGUF file.
    static Result<std::shared_ptr<const Tokenizer>> fromVocabulary(const VocabularyParts& parts);

    explicit Tokenizer(TokenizerParts parts) : m_parts(std::move(parts)) {}
    Tokenizer(const Tokenizer&) = delete;
    Tokenizer& operator=(const Tokenizer&) = delete;

    /// Ids of `utf8`. InvalidInput with the byte offset when the text is not well-formed UTF-8.
    [[nodiscard]] Result<std::vector<TokenId>> encode(std::string_view utf8,
                                                      const EncodeOptions& options = {}) const;
    /// Text of `ids`; ill-formed UTF-8 becomes U+FFFD, ids without a token are skipped.
    [[nodiscard]] std::string decode(std::span<const TokenId> ids, bool skipSpecial = false) const {
        return m_parts.decoder.decode(ids, skipSpecial);
    }
    /// What one token stands for, for display; "" for an id without a token.
    [[nodiscard]] std::string tokenText(TokenId id) const { return m_parts.decoder.text(id); }

    /// One byte of a character that has no token of its own (<0xE2>): its text depends on the bytes
    /// beside it.
    [[nodiscard]] bool isByteToken(TokenId id) const { return m_parts.decoder.isByte(id); }

    /// Highest id + 1.
    [[nodiscard]] std::size_t vocabularySize() const { return m_parts.decoder.idLimit(); }
    [[nodiscard]] std::optional<TokenId> bos() const { return m_parts.bos; }
    [[nodiscard]] std::optional<TokenId> eos() const { return m_parts.eos; }
    /// True when encode with addSpecialTokens begins with bos.
    [[nodiscard]] bool addsBos() const { return m_parts.addsBos(); }
    /// Identity: of the bytes of tokenizer.json, or of all fields of the vocabulary.
    [[nodiscard]] const std::string& sha256() const { return m_parts.sha256; }
    /// For users, e.g. "byte-level BPE, 49152 tokens, pre-tokeniser smollm".
    [[nodiscard]] const std::string& description() const { return m_parts.description; }

private:
    TokenizerParts m_parts;
};

/// SHA-256 of ids written as little-endian 32-bit numbers.
std::string idsSha256(std::span<const TokenId> ids);

}  // namespace skd
