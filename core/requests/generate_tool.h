#pragma once

#include "events/run_context.h"
#include "spec/model_ref.h"
#include "store/run_paths.h"
#include "tokenizer/chat_template.h"

namespace skd {

/// A text to continue from, or a conversation to answer.
struct GenerateRequest {
    std::uint64_t number = 0;  ///< travels in TokensGenerated::request
    std::string prompt;  ///< used where `chat` is empty or the model has no known template; special
                         ///< tokens are read as such
    std::vector<ChatMessage> chat;  ///< written by the model's chat template
    std::int64_t answers = 1;       ///< side by side, each with its own stream of the seed
    std::int64_t tokens = 64;       ///< at most, per answer
    double temperature = 0;         ///< 0 always takes the most probable token
    std::int64_t topK = 0;          ///< 0 keeps all tokens
    double topP = 1;
    std::int64_t seed = 42;
    bool ignoreEos = false;  ///< continue past tokens that end an answer
    std::string against;     ///< reference model that reads along: KL per token; empty = none
};

/// How a request's tokens are drawn, for its result.
template <class Request>
Json samplingJson(const Request& request) {
    return {{"temperature", request.temperature},
            {"top_k", request.topK},
            {"top_p", request.topP},
            {"seed", request.seed}};
}

/// Continues from a prompt with a key/value cache; emits TokensGenerated as the tokens come.
/// {"answers":
/// [{"text", "ids", "ended"}], "prompt_tokens", "ttft_ms", "tpot_ms", "chat", "cancelled", ...},
/// with `against` "mean_kl". InvalidInput where the prompt has no tokens or the two models read
/// other tokens; Unsupported where the chat template is unknown and there is no `prompt`.
Result<Json> generateText(const ModelRef& model, const GenerateRequest& request,
                          const RunPaths& runs, const RunContext& context);

}  // namespace skd
