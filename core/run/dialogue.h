#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "run/model_source.h"
#include "text/chat_template.h"

namespace skd {

/// What a model's files say about talking to it.
struct Dialogue {
    ChatTemplateSource chatTemplate;
    std::vector<TokenId> stop;  ///< tokens that end an answer, ascending: end of text, and of a turn
};

/// Of a Hugging Face folder: chat_template.jinja or tokenizer_config.json, eos_token_id of
/// generation_config.json and config.json. Of a GGUF file: tokenizer.chat_template, eos, eot and eom
/// token ids. A run's model is asked as the model it was made from.
Result<Dialogue> readDialogue(const OpenModel& model);

}  // namespace skd
