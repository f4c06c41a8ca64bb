#include "eval/perplexity.h"

#include <c10/core/GradMode.h>

#include <chrono>
#include <cmath>
#include <numeric>

#include "base/text.h"
#include "model/head_scoring.h"

namespace skd {
namespace {

/// The window as the model sees it, and the position whose logits predict its first scored token.
struct WindowInput {
    std::vector<std::int64_t> ids;
    std::int64_t firstRow = 0;
    std::vector<std::int64_t> labels;
};

WindowInput makeInput(const EvalText& text, const Window& window, bool bos) {
    WindowInput input;
    const auto begin = text.ids.begin() + window.begin;
    const bool inFront = bos && !window.replaceFirst;
    if (inFront) input.ids.push_back(static_cast<std::int64_t>(*text.bos));
    input.ids.insert(input.ids.end(), begin, begin + window.length);
    if (window.replaceFirst) input.ids[0] = static_cast<std::int64_t>(*text.bos);
    input.firstRow = window.firstScored - (inFront ? 0 : 1);
    for (std::int64_t i = window.firstScored; i < window.length; ++i) input.labels.push_back(static_cast<std::int64_t>(begin[i]));
    return input;
}

at::Tensor idTensor(const std::vector<std::int64_t>& ids, at::Device device) {
    return at::tensor(ids, at::kLong).to(device);
}

std::int64_t forwardLength(const Window& window, bool bos) { return window.length + (bos && !window.replaceFirst ? 1 : 0); }

}  // namespace

Result<WindowScore> scoreWindow(const Decoder& model, const EvalText& text, const Window& window, bool bos) {
    if (bos && !text.bos) return fail(ErrorCode::InvalidInput, "the tokeniser has no begin-of-text token; choose the bos rule \"none\"");
    const WindowInput input = makeInput(text, window, bos);
    for (const std::int64_t id : input.ids)
        if (id >= model.config.vocabularySize)
            return fail(ErrorCode::InvalidInput, strCat("the text has the token ", id, ", but the model knows ", model.config.vocabularySize,
                                                        "; tokeniser and model do not belong together"));
    const c10::NoGradGuard noGradient;
    const at::Tensor hidden = model.hiddenStates(idTensor(input.ids, model.device()).unsqueeze(0))[0];
    const auto rows = static_cast<std::int64_t>(input.labels.size());
    const at::Tensor nll = scoreTokens(hidden.narrow(0, input.firstRow, rows), model.head, idTensor(input.labels, model.device()));
    return WindowScore{nll.sum().item<double>(), rows};
}

double clusterStandardError(const std::vector<double>& nll, const std::vector<std::int64_t>& tokens) {
    const auto count = static_cast<double>(nll.size());
    if (nll.size() < 2) return 0;
    const auto total = static_cast<double>(std::accumulate(tokens.begin(), tokens.end(), std::int64_t{0}));
    const double mean = std::accumulate(nll.begin(), nll.end(), 0.0) / total;
    double squares = 0;
    for (std::size_t i = 0; i < nll.size(); ++i) squares += std::pow(nll[i] - mean * static_cast<double>(tokens[i]), 2);
    return std::sqrt(squares * count / (count - 1)) / total;
}

Result<EvalReport> perplexity(const Decoder& model, const EvalText& text, const EvalSettings& settings, const RunContext& context) {
    SKD_TRY(const std::vector<Window> windows, cutWindows(static_cast<std::int64_t>(text.ids.size()), settings));
    EvalReport report{.settings = settings, .tokens = static_cast<std::int64_t>(text.ids.size()), .textSha256 = text.textSha256,
                      .tokenizerSha256 = text.tokenizerSha256, .dtype = model.dtype() == at::kBFloat16 ? "bf16" : "f32"};
    const std::int64_t total = std::accumulate(windows.begin(), windows.end(), std::int64_t{0}, [&](std::int64_t sum, const Window& w) {
        return sum + forwardLength(w, settings.bos);
    });
    ProgressMeter meter(context, Stage::Evaluate, total, "tokens");
    const auto begin = std::chrono::steady_clock::now();
    for (const Window& window : windows) {
        if (context.cancelled()) {
            report.cancelled = true;
            return report;
        }
        SKD_TRY(const WindowScore score, scoreWindow(model, text, window, settings.bos));
        report.windowNll.push_back(score.nll);
        report.windowTokens.push_back(score.tokens);
        report.nllSum += score.nll;
        report.scoredTokens += score.tokens;
        report.forwardTokens += forwardLength(window, settings.bos);
        meter.advance(forwardLength(window, settings.bos));
    }
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    report.tokensPerSecond = static_cast<double>(report.forwardTokens) / report.seconds;
    report.perplexity = std::exp(report.nllSum / static_cast<double>(report.scoredTokens));
    report.standardError = report.perplexity * clusterStandardError(report.windowNll, report.windowTokens);
    return report;
}

Json EvalReport::toJson() const {
    return {{"protocol", enumName(settings.protocol)},
            {"definition", describe(settings)},
            {"ppl", perplexity},
            {"nll_sum", nllSum},
            {"scored_tokens", scoredTokens},
            {"forward_tokens", forwardTokens},
            {"tokens", tokens},
            {"standard_error", standardError},
            {"tokens_per_second", tokensPerSecond},
            {"seconds", seconds},
            {"context", settings.context},
            {"stride", settings.stride},
            {"bos", settings.bos ? "window" : "none"},
            {"dtype", dtype},
            {"log_softmax", "f32"},
            {"text_sha256", textSha256},
            {"tokenizer_sha256", tokenizerSha256}};
}

}  // namespace skd
