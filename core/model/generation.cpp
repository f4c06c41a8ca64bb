#include "model/generation.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "base/text.h"
#include "model/decode_step.h"
#include "model/device_scoring.h"
#include "model/elements.h"
#include "model/head_scoring.h"
#include "model/linear.h"

namespace skd {
namespace {

/// Ids from the largest logit to the smallest, equals by id; only the first `count` are in order.
std::vector<std::int64_t> largestFirst(std::span<const float> logits, std::size_t count) {
    std::vector<std::int64_t> ids(logits.size());
    std::iota(ids.begin(), ids.end(), std::int64_t{0});
    const auto before = [&](std::int64_t a, std::int64_t b) {
        const float x = logits[static_cast<std::size_t>(a)],
                    y = logits[static_cast<std::size_t>(b)];
        return x > y || (x == y && a < b);
    };
    std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count), ids.end(),
                      before);
    ids.resize(count);
    return ids;
}

/// How many of the descending `weights` it takes to reach the share `topP`.
std::size_t nucleus(const std::vector<double>& weights, double topP) {
    const double target = topP * std::accumulate(weights.begin(), weights.end(), 0.0);
    double sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i)
        if ((sum += weights[i]) >= target) return i + 1;
    return weights.size();
}

std::size_t drawFrom(const std::vector<double>& weights, double uniform) {
    const double target = uniform * std::accumulate(weights.begin(), weights.end(), 0.0);
    double sum = 0;
    std::size_t last = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (weights[i] <= 0) continue;
        last = i;
        if ((sum += weights[i]) > target) return i;
    }
    return last;
}

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

/// The draw of sequence `i` at a position.
double uniformOf(const GenerationOptions& options, std::size_t i, std::int64_t position) {
    return CounterRandom(options.seed, kSamplingStream + i)
        .uniform(static_cast<std::uint64_t>(position));
}

/// What a step chose, on the host.
struct Choice {
    std::vector<std::int64_t> ids;  ///< per sequence; -1 as chooseToken, 0 where it had ended
    std::vector<double> logProbabilities;  ///< where they are asked for
    at::Tensor next;                       ///< [batch, 1] int64: what the model reads
};

Choice chooseOnHost(const Growing& growing, const at::Tensor& logits,
                    const GenerationOptions& options, std::int64_t position) {
    Choice choice{std::vector<std::int64_t>(growing.texts.size(), 0), {}, {}};
    for (std::size_t i = 0; i < growing.texts.size(); ++i)
        if (!growing.ended[i])
            choice.ids[i] = chooseToken(rowOf<float>(logits, static_cast<std::int64_t>(i)),
                                        options.sampling, uniformOf(options, i, position));
    choice.next = at::tensor(choice.ids, at::kLong).unsqueeze(1);
    if (!options.logProbabilities) return choice;
    for (const TokenScore& score : scoreLogits(logits, choice.next.clamp_min(0).squeeze(1)))
        choice.logProbabilities.push_back(-score.nll);
    return choice;
}

/// The same with one copy to the host. A sequence that has ended reads on, which nobody looks at.
Choice chooseOnDevice(const Growing& growing, const at::Tensor& logits,
                      const GenerationOptions& options, std::int64_t position) {
    std::vector<double> uniforms;
    for (std::size_t i = 0; i < growing.texts.size(); ++i)
        uniforms.push_back(uniformOf(options, i, position));
    const at::Tensor draws = options.sampling.temperature > 0
                                 ? at::tensor(uniforms, at::kDouble).to(logits.device())
                                 : at::Tensor();
    const at::Tensor chosen = device::chooseTokens(logits, options.sampling, draws),
                     known = chosen.clamp_min(0);
    std::vector<at::Tensor> columns{chosen.to(at::kDouble)};
    if (options.logProbabilities)
        columns.push_back(device::rowScores(logits, known).select(1, 0).neg());
    const at::Tensor host = at::stack(columns).to(at::kCPU);
    const auto* values = host.const_data_ptr<double>();
    Choice choice{{}, {}, known.unsqueeze(1)};
    for (std::int64_t i = 0; i < logits.size(0); ++i)
        choice.ids.push_back(static_cast<std::int64_t>(values[i]));
    if (options.logProbabilities)
        choice.logProbabilities.assign(values + logits.size(0), values + 2 * logits.size(0));
    return choice;
}

/// Takes the next token of each sequence that continues.
Status step(Growing& growing, const std::vector<std::int64_t>& ids,
            const GenerationOptions& options, std::int64_t position) {
    for (std::size_t i = 0; i < growing.texts.size(); ++i) {
        growing.chosen[i].reset();
        if (growing.ended[i]) continue;
        const std::int64_t id = ids[i];
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

}  // namespace

std::int64_t chooseToken(std::span<const float> logits, const SamplingOptions& options,
                         double uniform) {
    const auto largest = std::max_element(logits.begin(), logits.end());
    if (largest == logits.end() || !std::isfinite(*largest) ||
        std::any_of(logits.begin(), logits.end(), [](float z) { return std::isnan(z); }))
        return -1;
    if (options.temperature <= 0) return largest - logits.begin();
    const double maximum = static_cast<double>(*largest);
    const auto weight = [&](float z) {
        return std::exp((static_cast<double>(z) - maximum) / options.temperature);
    };
    std::vector<double> weights;
    if (options.topK <= 0 && options.topP >= 1) {
        for (const float z : logits) weights.push_back(weight(z));
        return static_cast<std::int64_t>(drawFrom(weights, uniform));
    }
    const std::size_t kept = options.topK > 0
                                 ? std::min(static_cast<std::size_t>(options.topK), logits.size())
                                 : logits.size();
    const std::vector<std::int64_t> ids = largestFirst(logits, kept);
    for (const std::int64_t id : ids)
        weights.push_back(weight(logits[static_cast<std::size_t>(id)]));
    if (options.topP < 1) weights.resize(nucleus(weights, options.topP));
    return ids[drawFrom(weights, uniform)];
}

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

at::Tensor Generator::feed(std::span<const TokenId> ids) {
    at::Tensor tensor = at::empty({1, static_cast<std::int64_t>(ids.size())}, at::kLong);
    std::copy(ids.begin(), ids.end(), tensor.data_ptr<std::int64_t>());
    return feed(tensor);
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
        logits = logits.contiguous();
        const Choice choice = logits.is_cpu() ? chooseOnHost(growing, logits, options, i)
                                              : chooseOnDevice(growing, logits, options, i);
        SKD_CHECK(step(growing, choice.ids, options, i));
        if (options.observe)
            options.observe({i, growing.chosen, growing.ended, logits, choice.logProbabilities});
        if (growing.allEnded() || i + 1 == options.tokens) break;
        logits = generator.feed(choice.next);
    }
    return growing.texts;
}

}  // namespace skd
