#include "eval/tasks/choice_tokens.h"

#include <algorithm>

#include "base/text.h"
#include "eval/tasks/task_text.h"

namespace skd {
namespace {

struct SplitTokens {
    std::vector<TokenId> context, continuation;
};

/// After the token that stands for an empty context; a text that begins with it keeps it.
Result<SplitTokens> splitAfterPrefix(const Tokenizer& tokenizer, const std::string& text) {
    const std::optional<TokenId> prefix = tokenizer.bos() ? tokenizer.bos() : tokenizer.eos();
    if (!prefix)
        return fail(ErrorCode::InvalidInput,
                    "the context is empty, and the tokeniser has neither a begin-of-text nor an "
                    "end-of-text token to read in its place");
    SKD_TRY(std::vector<TokenId> ids, tokenizer.encode(text));
    if (!ids.empty() && ids.front() == *prefix) ids.erase(ids.begin());
    return SplitTokens{{*prefix}, std::move(ids)};
}

Result<SplitTokens> split(const Tokenizer& tokenizer, const std::string& context,
                          const std::string& continuation) {
    const std::string_view kept = withoutTrailingSpace(context);
    const std::string text = context + continuation;
    if (kept.empty()) return splitAfterPrefix(tokenizer, text);
    SKD_TRY(std::vector<TokenId> ids, encodeTaskText(tokenizer, text));
    SKD_TRY(const std::vector<TokenId> before, encodeTaskText(tokenizer, std::string(kept)));
    const auto place =
        ids.begin() + static_cast<std::ptrdiff_t>(std::min(before.size(), ids.size()));
    SplitTokens tokens{{ids.begin(), place}, {place, ids.end()}};
    return tokens;
}

}  // namespace

Result<std::vector<TokenId>> encodeTaskText(const Tokenizer& tokenizer, const std::string& text) {
    const std::optional<TokenId> prefix = tokenizer.bos() ? tokenizer.bos() : tokenizer.eos();
    const std::string begin = prefix ? tokenizer.tokenText(*prefix) : "";
    const bool begun = !begin.empty() && text.starts_with(begin);
    return tokenizer.encode(text, {.addSpecialTokens = !begun});
}

Status checkTaskTokens(const ModelConfig& config, std::span<const TokenId> ids) {
    for (const TokenId id : ids)
        if (static_cast<std::int64_t>(id) >= config.vocabularySize)
            return fail(
                ErrorCode::InvalidInput,
                strCat("the text has the token ", id, ", but the model knows ",
                       config.vocabularySize, "; tokeniser and model do not belong together"));
    return {};
}

Result<ChoiceTokens> choiceTokens(const Tokenizer& tokenizer, const ModelConfig& config,
                                  const std::string& context, const std::string& continuation) {
    SKD_TRY(const SplitTokens tokens, split(tokenizer, context, continuation));
    std::vector<TokenId> all = tokens.context;
    all.insert(all.end(), tokens.continuation.begin(), tokens.continuation.end());
    SKD_CHECK(checkTaskTokens(config, all));
    const std::size_t scored = tokens.continuation.size(),
                      positions = static_cast<std::size_t>(config.maxPositions);
    if (scored == 0)
        return fail(ErrorCode::InvalidInput,
                    "the answer has no tokens of its own: it is empty, or joined to the context");
    if (scored > positions)
        return fail(ErrorCode::InvalidInput,
                    strCat("the answer has ", scored, " tokens, but the model has ", positions,
                           " positions; leave the document out"));
    const std::size_t kept = std::min(all.size(), positions + 1);
    ChoiceTokens choice{{all.end() - static_cast<std::ptrdiff_t>(kept), all.end() - 1},
                        {tokens.continuation.begin(), tokens.continuation.end()}};
    return choice;
}

}  // namespace skd
