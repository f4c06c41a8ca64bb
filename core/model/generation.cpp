#include "model/generation.h"

#include <c10/core/GradMode.h>

#include <algorithm>

#include "base/random.h"
#include "base/text.h"
#include "model/decode_step.h"
#include "model/elements.h"
#include "model/linear_map.h"

namespace skd {
namespace {

/// First stream of the sequences' draws.
constexpr std::uint64_t kSamplingStream = 0x73616d706c650000;

/// Sequences that grow by a token each step until they meet a stop token.
struct Growing {
    explicit Growing(std::size_t batch) : texts(batch), ended(batch, false), chosen(batch) {}
    std::vector<std::vector<TokenId>> texts;
    std::vector<bool> ended;
    std::vector<std::optional<TokenId>> chosen;  ///< in the last step
    [[nodiscard]] bool allEnded() const {
        return std::find(ended.begin(), ended.end(), false) == ended.end();
    }
};

/// Chooses the next token of each sequence that continues.
Status step(Growing& growing, const at::Tensor& logits, const GenerationOptions& options,
            std::int64_t position) {
    for (std::size_t i = 0; i < growing.texts.size(); ++i) {
        growing.chosen[i].reset();
        if (growing.ended[i]) continue;
        const CounterRandom random(options.seed, kSamplingStream + i);
        const std::int64_t id =
            chooseToken(rowOf<float>(logits, static_cast<std::int64_t>(i)), options.sampling,
                        random.uniform(static_cast<std::uint64_t>(position)));
        if (id < 0)
            return fail(ErrorCode::Numeric, strCat("the logits after token ", position,
                                                   " of continuation ", i, " are not finite"));
        const auto token = static_cast<TokenId>(id);
        growing.chosen[i] = token;
        growing.ended[i] =
            std::find(options.stop.begin(), options.stop.end(), token) != options.stop.end();
        if (!growing.ended[i]) growing.texts[i].push_back(token);
    }
    return {};
}

/// [batch, 1]; sequences that have ended read token 0.
at::Tensor chosenIds(const Growing& growing) {
    at::Tensor next = at::zeros({static_cast<std::int64_t>(growing.chosen.size()), 1}, at::kLong);
    for (std::size_t i = 0; i < growing.chosen.size(); ++i)
        next.data_ptr<std::int64_t>()[i] = growing.chosen[i].value_or(0);
    return next;
}

}  // namespace

Generator::Generator(const Decoder& model, std::int64_t capacity)
    : m_model(model), m_capacity(capacity), m_cache(model.config.layers, capacity) {}

at::Tensor Generator::feed(const at::Tensor& ids) {
    const c10::NoGradGuard noGradient;
    at::Tensor fresh = ids.to(m_model.device());
    const std::int64_t before = length();
    m_ids = before == 0 ? fresh : at::cat({m_ids, fresh}, 1);
    if (before > 0 && !sameRotation(m_model.config, before, length())) {
        // Keys were turned for a shorter text; what is read whole is turned alike.
        m_cache = KeyValueCache(m_model.config.layers, m_capacity);
        fresh = m_ids;
    }
    if (before > 0 && fresh.size(1) == 1 && canDecodeStep(m_model, fresh.size(0)))
        return decodeStep(m_model, fresh, m_cache);
    const at::Tensor hidden =
        m_model.runLayers(m_model.embed(fresh), 0, m_model.layers.size(), &m_cache);
    const at::Tensor last = m_model.normalise(hidden.narrow(1, hidden.size(1) - 1, 1)).squeeze(1);
    return linearMap(last, m_model.head, {}).to(at::kFloat);
}

void Generator::repeat(std::int64_t times) {
    m_cache.repeat(times);
    if (m_ids.defined()) m_ids = m_ids.repeat_interleave(times, 0);
}

Result<std::vector<std::vector<TokenId>>> continueText(Generator& generator, at::Tensor logits,
                                                       const GenerationOptions& options) {
    Growing growing(static_cast<std::size_t>(logits.size(0)));
    for (std::int64_t i = 0; i < options.tokens; ++i) {
        if (options.cancelled && options.cancelled()) break;
        logits = logits.to(at::kCPU).contiguous();
        SKD_CHECK(step(growing, logits, options, i));
        if (options.observe) options.observe({i, growing.chosen, growing.ended, logits});
        if (growing.allEnded() || i + 1 == options.tokens) break;
        logits = generator.feed(chosenIds(growing));
    }
    return growing.texts;
}

}  // namespace skd
