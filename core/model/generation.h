#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "model/decoder.h"
#include "model/key_value_cache.h"

namespace skd {

/// How the next token is chosen: logits / temperature, then the top_k largest, then the smallest
/// set of the largest whose probability reaches top_p, then a draw.
struct SamplingOptions {
    double temperature = 0;  ///< 0 takes the largest logit (of equals the lowest id)
    std::int64_t topK = 0;   ///< 0 keeps all
    double topP = 1;
};

/// Id of the next token; `uniform` in [0, 1) is the draw. -1 when the logits have no finite largest
/// one.
std::int64_t chooseToken(std::span<const float> logits, const SamplingOptions& options,
                         double uniform);

/// Reads tokens and says what comes next, with a key/value cache: feeding a text in parts gives
/// what feeding it whole does. The model must outlive it. No gradient.
class Generator {
public:
    explicit Generator(const Decoder& model, std::int64_t capacity = 0);

    /// The next tokens of every sequence, ids [batch, length] int64 -> logits [batch, vocabulary]
    /// f32 after the last of them. The batch must stay the same from call to call.
    at::Tensor feed(const at::Tensor& ids);
    /// The same of one sequence.
    at::Tensor feed(std::span<const TokenId> ids);
    /// Every sequence `times` times, side by side, from here on.
    void repeat(std::int64_t times);
    /// Tokens read per sequence.
    [[nodiscard]] std::int64_t length() const { return m_ids.defined() ? m_ids.size(1) : 0; }
    [[nodiscard]] const KeyValueCache& cache() const { return m_cache; }

private:
    const Decoder& m_model;
    std::int64_t m_capacity;
    KeyValueCache m_cache;
    at::Tensor m_ids;  ///< [batch, length]: read again where the rotation changes with the length
};

/// What one step gave, for those who look on.
struct GenerationStep {
    std::int64_t position = 0;  ///< 0 for the first new token
    /// Per sequence; empty where it had ended before.
    const std::vector<std::optional<TokenId>>& chosen;
    /// Per sequence: its token of this step is a stop token, or it had ended before.
    const std::vector<bool>& ended;
    /// [batch, vocabulary] f32 on the model's device, that the tokens were chosen from.
    const at::Tensor& logits;
    /// Per sequence, of its token of this step under the logits themselves; empty unless asked for.
    const std::vector<double>& logProbabilities;
};

struct GenerationOptions {
    std::int64_t tokens = 32;  ///< at most, per sequence
    SamplingOptions sampling;
    std::uint64_t seed = 42;          ///< sequence i draws from its own stream of it
    std::vector<TokenId> stop;        ///< a sequence ends before one of these
    std::function<bool()> cancelled;  ///< asked before every token; may be empty
    std::function<void(const GenerationStep&)> observe;  ///< called after every step; may be empty
    bool logProbabilities = false;                       ///< what `observe` is told of them
};

/// Continues from `logits` [batch, vocabulary] as `generator.feed` gave them: the new tokens of
/// each sequence. The same seed gives the same tokens. Numeric when logits are not finite.
Result<std::vector<std::vector<TokenId>>> continueText(Generator& generator, at::Tensor logits,
                                                       const GenerationOptions& options);

}  // namespace skd
