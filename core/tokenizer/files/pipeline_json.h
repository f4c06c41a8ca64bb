#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "tokenizer/model/token_decoder.h"
#include "tokenizer/pretokenizer/normalizer.h"
#include "tokenizer/pretokenizer/pre_tokenizer.h"

namespace skd {

/// The `pre_tokenizer` of a tokenizer.json.
struct PreTokenizerPlan {
    std::vector<PreTokenizer> stages;
    std::string names;       ///< of the stages, for display
    bool byteLevel = false;  ///< ends with ByteLevel: pieces are encoded as bytes

    void add(PreTokenizer stage, std::string_view name);
    /// "smollm" for digits before gpt-2, else the names joined by " + ", "none" for no stage.
    [[nodiscard]] std::string name() const;
};

/// Token ids that a `post_processor` puts around a text.
struct PostProcessorPlan {
    std::vector<TokenId> prefix;
    std::vector<TokenId> suffix;
};

// The parts of a tokenizer.json; each takes the member's value or null when it is missing or null.
// Parts that this program does not have are Unsupported, by name.
Result<Normalizer> readNormalizer(const Json* part);
Result<PreTokenizerPlan> readPreTokenizer(const Json* part);
Result<DecodingRules> readDecoder(const Json* part);
Result<PostProcessorPlan> readPostProcessor(const Json* part, const TokenTable& tokens);

}  // namespace skd
