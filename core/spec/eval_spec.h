#pragma once

#include "base/fields.h"
#include "base/result.h"

namespace skd {

enum class Protocol { Paper512, NonOverlap2048, LlamaCpp512, LmEvalWikiText, HfStride, Sliding };
template <>
inline constexpr auto kNames<Protocol> = names<Protocol>({"paper-512-256", "nonoverlap-2048",
                                                          "llama.cpp-512", "lm-eval-wikitext",
                                                          "hf-stride", "sliding"});

enum class BosRule { Auto, None, Window };
template <>
inline constexpr auto kNames<BosRule> = names<BosRule>({"auto", "none", "window"});

/// A perplexity: which text, which protocol, with which of its parameters changed (0 = the
/// protocol's own); and the text that choices are made on under the same protocol.
struct EvalSpec {
    std::string text = "resource:text/wikitext-2-test.raw";
    std::string selection = "resource:held-out/wikitext-2-valid-rest.txt";
    Protocol protocol = Protocol::Paper512;
    std::int64_t context = 0, stride = 0;
    std::int64_t maxTokens = 8192, liveTokens = 2048;
    BosRule bos = BosRule::Auto;
    std::vector<std::string> also;
    bool quality = true;
    std::int64_t domainTokens = 0;
    std::vector<std::string> prompts = defaultPrompts();
    std::int64_t answerTokens = 32;
    bool answerChat = true;

    bool operator==(const EvalSpec&) const = default;

    /// Questions whose answers anyone can judge.
    static std::vector<std::string> defaultPrompts() {
        return {"What is the capital of France?", "How many legs does a spider have?",
                "What is the opposite of hot?"};
    }

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("text", self.text,
                      {"text file; resource:NAME is one that ships with the program"});
        visitor.field("selection", self.selection,
                      {.help = "text file that choices are made on: live curve, best checkpoint, "
                               "stopping rules, rank search, preview; empty: the evaluation text",
                       .isLater = true,
                       .before = R"("")"});
        visitor.field("protocol", self.protocol,
                      {"how windows are cut and which tokens are scored"});
        visitor.field("context", self.context,
                      {"tokens of a window; 0 means the protocol's (lm-eval-wikitext: the "
                       "model's positions)",
                       "tokens", 0, 1e7});
        visitor.field("stride", self.stride,
                      {"tokens between windows; 0 means the protocol's", "tokens", 0, 1e7});
        visitor.field("max_tokens", self.maxTokens,
                      {"first tokens of the text that are used, of lm-eval-wikitext the "
                       "first whole pages that fit; 0 uses all",
                       "tokens", 0, 1e12});
        visitor.field("live_tokens", self.liveTokens,
                      {"first tokens of the selection text that are used, the live slice; 0 "
                       "uses all",
                       "tokens", 0, 1e12});
        visitor.field("bos", self.bos,
                      {"window: begin-of-text token before every window; auto: where the "
                       "tokeniser adds one, as the protocol does it"});
        visitor.field("also", self.also,
                      {"further protocols measured on the dense and the final model, by name"});
        visitor.field("quality", self.quality,
                      {"also measure calibration (ECE, Brier, entropy), KL and top-1 "
                       "agreement to the dense model"});
        visitor.field("domain_tokens", self.domainTokens,
                      {"tokens held out of each corpus share and scored before and after "
                       "distillation, so that overfitting to one domain shows; 0 scores none",
                       "tokens", 0, 1e9});
        visitAnswers(self, visitor);
    }

private:
    static void visitAnswers(auto& self, auto& visitor) {
        visitor.field("prompts", self.prompts,
                      {.help = "prompts that the dense, each cut and each recovered model answer "
                               "greedily; the answers are kept with the run. An empty list keeps "
                               "none",
                       .isLater = true});
        visitor.field("answer_tokens", self.answerTokens,
                      {"longest answer to a prompt", "tokens", 1, 4096, true});
        visitor.field("answer_chat", self.answerChat,
                      {.help = "prompts are written by the model's chat template where it has a "
                               "known one; without it the model continues them as plain text",
                       .isLater = true});
    }
};

/// Window and stride that a protocol takes by itself, in tokens; 0 of lm-eval-wikitext, whose
/// window is the model's.
struct ProtocolDefaults {
    std::int64_t context = 0, stride = 0;
};
ProtocolDefaults defaultsOf(Protocol protocol);

/// The text that choices are made on, in words: "held-out validation text" (the default's),
/// "selection text NAME.txt" or "evaluation text".
std::string selectionName(const EvalSpec& spec);
/// The part of it that is used: "first 2,048 tokens of the held-out validation text",
/// "whole evaluation text".
std::string liveSliceName(const EvalSpec& spec);

/// InvalidInput, naming the nearest protocol, for a name in `also` that is none.
Status checkProtocolNames(const EvalSpec& spec);

}  // namespace skd
