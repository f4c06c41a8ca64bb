#include "eval/tasks/answer_text.h"

#include <algorithm>

#include "base/text.h"
#include "eval/tasks/choice_tokens.h"
#include "eval/tasks/exact_match.h"
#include "model/generation.h"

namespace skd {
namespace {

Result<std::vector<TokenId>> promptTokens(const Decoder& model, const Tokenizer& tokenizer,
                                          const std::string& prompt) {
    const std::int64_t room = model.config.maxPositions - kAnswerTokens;
    if (room < 1)
        return fail(ErrorCode::Unsupported,
                    strCat("answers of up to ", kAnswerTokens, " tokens do not fit into the ",
                           model.config.maxPositions, " positions of the model"));
    SKD_TRY(std::vector<TokenId> ids, encodeTaskText(tokenizer, prompt));
    SKD_CHECK(checkTaskTokens(model.config, ids));
    if (ids.empty()) return fail(ErrorCode::InvalidInput, "the prompt has no tokens");
    if (std::ssize(ids) > room) ids.erase(ids.begin(), ids.end() - room);
    return ids;
}

/// Whether one of the words is in what the last tokens say; each token is at least a byte.
bool isEnded(const Tokenizer& tokenizer, const std::vector<TokenId>& ids,
             const std::vector<std::string>& words) {
    constexpr std::size_t kLooksBack = 64;
    const std::size_t count = std::min(ids.size(), kLooksBack);
    const std::string text = tokenizer.decode(std::span(ids).last(count));
    return std::ranges::any_of(words, [&](const std::string& word) {
        return !word.empty() && text.find(word) != std::string::npos;
    });
}

}  // namespace

Result<std::optional<std::string>> answerText(const Decoder& model, const Tokenizer& tokenizer,
                                              const std::string& prompt, const AnswerEnds& ends) {
    SKD_TRY(const std::vector<TokenId> ids, promptTokens(model, tokenizer, prompt));
    Generator generator(model, std::ssize(ids) + kAnswerTokens);
    at::Tensor logits = generator.feed(std::span(ids));
    GenerationOptions one;
    one.tokens = 1;
    std::vector<TokenId> answer;
    const auto isOver = [&] {
        return std::ssize(answer) == kAnswerTokens ||
               (!answer.empty() &&
                std::ranges::find(ends.tokens, answer.back()) != ends.tokens.end()) ||
               isEnded(tokenizer, answer, ends.words);
    };
    while (!isOver()) {
        if (ends.cancelled && ends.cancelled()) return std::optional<std::string>();
        if (!answer.empty()) logits = generator.feed(std::span<const TokenId>(&answer.back(), 1));
        const auto next = continueText(generator, logits, one);
        // A model that has collapsed has no answer; what asks it continues.
        if (!next && next.error().code == ErrorCode::Numeric) break;
        if (!next) return fail(next.error());
        answer.push_back(next->front().front());
    }
    const std::string text = tokenizer.decode(answer, true);
    return std::optional(std::string(untilStop(text, ends.words)));
}

}  // namespace skd
