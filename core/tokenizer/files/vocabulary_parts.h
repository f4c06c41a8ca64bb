#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"

namespace skd {

struct TokenizerBlueprint;

enum VocabularyTokenType {
    kNormalToken = 1,
    kUnknownToken = 2,
    kControlToken = 3,
    kUserDefinedToken = 4,
    kUnusedToken = 5,
    kByteToken = 6
};

/// Vocabulary as a GGUF file carries it (tokenizer.ggml.*).
struct VocabularyParts {
    std::string model;  ///< "gpt2" (byte-level BPE) or "llama" (SentencePiece)
    std::string pre;    ///< name of the pre-tokeniser, gpt2 only; "" when the file has none
    std::vector<std::string> tokens;
    std::vector<float> scores;        ///< llama only; as many as tokens
    std::vector<int> types;           ///< VocabularyTokenType
    std::vector<std::string> merges;  ///< "left right", gpt2 only
    std::optional<TokenId> bos, eos, unknown, padding;
    std::optional<bool> addBos, addEos;
    std::optional<bool> addSpacePrefix;  ///< llama only, default true

    [[nodiscard]] int typeOf(std::size_t id) const {
        return types.empty() ? kNormalToken : types[id];
    }
    /// Whether a token is cut out of the text as a whole: an added token of a tokenizer.json.
    [[nodiscard]] bool isAdded(std::size_t id) const {
        const int type = typeOf(id);
        return !tokens[id].empty() &&
               (type == kUnknownToken || type == kControlToken || type == kUserDefinedToken);
    }
};

/// Checks and translates a vocabulary. Control and unknown tokens become special added tokens,
/// user-defined ones ordinary added tokens. The pre-tokeniser "qwen2" brings NFC with it, because
/// the models that name it normalise and the file has no field for it. A missing or "default" pre
/// is split in four stages as llama.cpp does, with a warning; an unknown name is Unsupported.
Result<TokenizerBlueprint> readVocabularyParts(const VocabularyParts& parts);

}  // namespace skd
