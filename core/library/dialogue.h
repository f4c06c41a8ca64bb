#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "library/model_source.h"
#include "tokenizer/chat_template.h"

namespace skd {

/// What a model's files say about talking to it.
struct Dialogue {
    ChatTemplateSource chatTemplate;
    std::vector<TokenId>
        stop;  ///< tokens that end an answer, ascending: end of text, and of a turn
};

/// Of a Hugging Face folder: chat_template.jinja or tokenizer_config.json, eos_token_id of
/// generation_config.json and config.json. Of a GGUF file: tokenizer.chat_template, eos, eot and
/// eom token ids. A run's model is asked as the model it was made from.
Result<Dialogue> readDialogue(const OpenModel& model);

/// What a model reads of a question.
struct PromptTokens {
    std::vector<TokenId> ids;
    bool chat = false;  ///< written by the model's chat template
};
/// `chat` as the model's template writes it; where it is empty, or the model has no known template
/// and `prompt` is given, `prompt` as it stands. InvalidInput where that gives no tokens, or tokens
/// that the model does not know; Unsupported where only a template would do.
Result<PromptTokens> readPrompt(const OpenModel& model, const Dialogue& dialogue,
                                const std::string& prompt, const std::vector<ChatMessage>& chat);

}  // namespace skd
