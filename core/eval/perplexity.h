#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "eval/eval_text.h"
#include "eval/windows.h"
#include "events/run_context.h"
#include "model/decoder.h"

namespace skd {

/// One measured perplexity with everything needed to say what it is.
struct EvalReport {
    EvalSettings settings;
    double perplexity = 0;
    double nllSum = 0;         ///< nats over all scored tokens
    double standardError = 0;  ///< of the perplexity, windows as clusters (delta method)
    std::int64_t scoredTokens = 0, forwardTokens = 0, tokens = 0;
    double seconds = 0, tokensPerSecond = 0;  ///< forward tokens
    std::string textSha256, tokenizerSha256, dtype;
    std::vector<double> windowNll;             ///< per window: sum
    std::vector<std::int64_t> windowTokens;    ///< per window: scored
    bool cancelled = false;

    [[nodiscard]] Json toJson() const;
};

/// Perplexity of `model` on `text`: log-softmax in f32, sums in f64, one window at a time. A window
/// whose NLL is not finite makes the perplexity not finite; it is never dropped.
Result<EvalReport> perplexity(const Decoder& model, const EvalText& text, const EvalSettings& settings, const RunContext& context);

/// NLL of each window's scored tokens: what previews compare between models.
struct WindowScore {
    double nll = 0;
    std::int64_t tokens = 0;
};
Result<WindowScore> scoreWindow(const Decoder& model, const EvalText& text, const Window& window, bool bos);

/// Standard error of sum(nll) / sum(tokens) with windows as clusters; 0 for fewer than two.
double clusterStandardError(const std::vector<double>& nll, const std::vector<std::int64_t>& tokens);

}  // namespace skd
