#include "eval/tasks/choice_scoring.h"

#include <c10/core/GradMode.h>

#include <algorithm>

#include "model/head_scoring.h"
#include "model/key_value_cache.h"
#include "model/rotary.h"

namespace skd {
namespace {

std::int64_t lengthOf(const ChoiceTokens& choice) {
    return static_cast<std::int64_t>(choice.input.size());
}

/// Tokens that all inputs begin with.
std::int64_t sharedLength(const std::vector<ChoiceTokens>& choices) {
    const std::vector<std::int64_t>& first = choices.front().input;
    std::ptrdiff_t shared = std::ssize(first);
    for (const ChoiceTokens& choice : choices)
        shared = std::min(shared, std::ranges::mismatch(first, choice.input).in1 - first.begin());
    return shared;
}

/// Hidden states of all inputs after the last layer.
class ChoiceStates {
public:
    ChoiceStates(const Decoder& model, const std::vector<ChoiceTokens>& choices)
        : m_shared(sharedLength(choices)) {
        std::int64_t longest = 0;
        for (const ChoiceTokens& choice : choices) longest = std::max(longest, lengthOf(choice));
        KeyValueCache cache(model.config.layers, longest);
        const at::Tensor prefix =
            at::tensor(choices.front().input, at::kLong).narrow(0, 0, m_shared);
        if (m_shared > 0) m_prefix = run(model, prefix.unsqueeze(0), cache)[0];
        if (longest == m_shared) return;
        if (m_shared > 0) cache.repeat(static_cast<std::int64_t>(choices.size()));
        m_rest = run(model, rests(choices, longest), cache);
    }

    /// [scored, width]: those that predict a choice's labels.
    [[nodiscard]] at::Tensor scored(std::size_t index, const ChoiceTokens& choice) const {
        const std::int64_t begin = choice.firstRow(), end = lengthOf(choice);
        std::vector<at::Tensor> parts;
        if (begin < m_shared) parts.push_back(m_prefix.slice(0, begin, std::min(end, m_shared)));
        if (end > m_shared)
            parts.push_back(m_rest[static_cast<std::int64_t>(index)].slice(
                0, std::max<std::int64_t>(begin - m_shared, 0), end - m_shared));
        return at::cat(parts);
    }

private:
    static at::Tensor run(const Decoder& model, const at::Tensor& ids, KeyValueCache& cache) {
        return model.runLayers(model.embed(ids.to(model.device())), 0, model.layers.size(), &cache);
    }

    /// [choices, longest - shared]; what is filled up at the end comes after all that is read.
    [[nodiscard]] at::Tensor rests(const std::vector<ChoiceTokens>& choices,
                                   std::int64_t longest) const {
        const auto count = static_cast<std::int64_t>(choices.size());
        at::Tensor ids = at::zeros({count, longest - m_shared}, at::kLong);
        auto* row = ids.mutable_data_ptr<std::int64_t>();
        for (const ChoiceTokens& choice : choices) {
            std::copy(choice.input.begin() + m_shared, choice.input.end(), row);
            row += longest - m_shared;
        }
        return ids;
    }

    std::int64_t m_shared;
    at::Tensor m_prefix;  ///< [shared, width]
    at::Tensor m_rest;    ///< [choices, longest - shared, width]
};

/// Of states [tokens, width] before the final norm, their labels one choice after the other.
std::vector<ChoiceScore> scoreStates(const Decoder& model, const at::Tensor& states,
                                     const std::vector<ChoiceTokens>& choices) {
    std::vector<std::int64_t> labels;
    std::vector<std::size_t> owners;
    for (std::size_t i = 0; i < choices.size(); ++i) {
        labels.insert(labels.end(), choices[i].labels.begin(), choices[i].labels.end());
        owners.resize(labels.size(), i);
    }
    const at::Tensor wanted = at::tensor(labels, at::kLong);
    std::vector<ChoiceScore> scores(choices.size());
    visitLogits(model.normalise(states), model.head, kHeadChunk,
                [&](std::int64_t begin, const at::Tensor& logits) {
                    const std::vector<TokenScore> tokens =
                        scoreLogits(logits, wanted.narrow(0, begin, logits.size(0)));
                    for (std::size_t i = 0; i < tokens.size(); ++i) {
                        const std::size_t token = static_cast<std::size_t>(begin) + i;
                        ChoiceScore& score = scores[owners[token]];
                        score.logLikelihood -= tokens[i].nll;
                        score.greedy = score.greedy && tokens[i].top == labels[token];
                    }
                });
    return scores;
}

/// Frequencies that depend on the length of a text allow no common start.
bool haveOneRotation(const Decoder& model, const std::vector<ChoiceTokens>& choices) {
    const auto [least, most] = std::ranges::minmax_element(choices, {}, lengthOf);
    return sameRotation(model.config, 1, lengthOf(*most)) &&
           sameRotation(model.config, lengthOf(*least), lengthOf(*most));
}

}  // namespace

std::vector<ChoiceScore> scoreChoices(const Decoder& model,
                                      const std::vector<ChoiceTokens>& choices) {
    const c10::NoGradGuard noGradient;
    std::vector<ChoiceScore> scores;
    if (choices.size() < 2 || !haveOneRotation(model, choices)) {
        for (const ChoiceTokens& choice : choices) scores.push_back(scoreWhole(model, choice));
        return scores;
    }
    const ChoiceStates states(model, choices);
    std::vector<at::Tensor> scored;
    for (std::size_t i = 0; i < choices.size(); ++i) scored.push_back(states.scored(i, choices[i]));
    return scoreStates(model, at::cat(scored), choices);
}

ChoiceScore scoreWhole(const Decoder& model, const ChoiceTokens& choice) {
    const c10::NoGradGuard noGradient;
    const at::Tensor ids = at::tensor(choice.input, at::kLong).unsqueeze(0).to(model.device());
    const at::Tensor hidden = model.runLayers(model.embed(ids), 0, model.layers.size())[0];
    return scoreStates(model, hidden.slice(0, choice.firstRow(), lengthOf(choice)), {choice})
        .front();
}

}  // namespace skd
