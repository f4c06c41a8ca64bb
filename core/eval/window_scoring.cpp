#include "eval/window_scoring.h"

#include <c10/core/GradMode.h>

#include "base/text.h"
#include "model/head_scoring.h"

namespace skd {
namespace {

bool hasBosInFront(const Window& window, const EvalSettings& settings) {
    return settings.bos && !window.replaceFirst && !window.prefix;
}

at::Tensor idTensor(const std::vector<std::int64_t>& ids) {
    return at::tensor(ids, at::kLong);
}

}  // namespace

std::int64_t forwardLength(const Window& window, const EvalSettings& settings) {
    return window.length + (window.prefix || hasBosInFront(window, settings) ? 1 : 0) -
           (window.readsLast ? 0 : 1);
}

Result<WindowInput> windowInput(const EvalText& text, const Window& window,
                                const EvalSettings& settings, std::int64_t vocabularySize) {
    const bool bosInFront = hasBosInFront(window, settings), inFront = bosInFront || window.prefix;
    if ((bosInFront || window.replaceFirst) && !text.bos)
        return fail(ErrorCode::InvalidInput,
                    "the tokeniser has no begin-of-text token; choose the bos rule \"none\"");
    if (window.prefix && !text.prefix)
        return fail(ErrorCode::InvalidInput,
                    "the tokeniser has neither a begin-of-text nor an end-of-text token, one of "
                    "which lm-eval-wikitext needs before every page");
    std::vector<std::int64_t> ids, labels;
    const auto begin = text.ids.begin() + window.begin;
    if (inFront) ids.push_back(static_cast<std::int64_t>(window.prefix ? *text.prefix : *text.bos));
    ids.insert(ids.end(), begin, begin + window.length - (window.readsLast ? 0 : 1));
    if (window.replaceFirst) ids[0] = static_cast<std::int64_t>(*text.bos);
    const std::vector<std::int64_t> scored = scoredTokens(text, window);
    for (const std::int64_t token : scored)
        labels.push_back(static_cast<std::int64_t>(text.ids[static_cast<std::size_t>(token)]));
    for (const auto* list : {&ids, &labels})
        for (const std::int64_t id : *list)
            if (id >= vocabularySize)
                return fail(ErrorCode::InvalidInput,
                            strCat("the text has the token ", id, ", but the model knows ",
                                   vocabularySize, "; tokeniser and model do not belong together"));
    const std::int64_t before = inFront ? 0 : 1;
    if (window.unscored == 0)
        return WindowInput{idTensor(ids), idTensor(labels), window.firstScored - before};
    std::vector<std::int64_t> rows;
    for (const std::int64_t token : scored) rows.push_back(token - window.begin - before);
    return WindowInput{idTensor(ids), idTensor(labels), rows.front(), idTensor(rows)};
}

at::Tensor scoredStates(const Decoder& model, const WindowInput& input) {
    const c10::NoGradGuard noGradient;
    const at::Tensor hidden = model.runLayers(
        model.embed(input.ids.to(model.device()).unsqueeze(0)), 0, model.layers.size())[0];
    return model.normalise(input.rows.defined()
                               ? hidden.index_select(0, input.rows.to(hidden.device()))
                               : hidden.narrow(0, input.firstRow, input.labels.size(0)));
}

Result<WindowScore> scoreWindow(const Decoder& model, const EvalText& text, const Window& window,
                                const EvalSettings& settings, CalibrationMeter* calibration) {
    SKD_TRY(const WindowInput input,
            windowInput(text, window, settings, model.config.vocabularySize));
    const at::Tensor hidden = scoredStates(model, input);
    const std::int64_t count = hidden.size(0);
    if (calibration == nullptr) {
        at::Tensor losses = scoreTokens(hidden, model.head, input.labels.to(model.device()));
        return WindowScore{losses.sum().item<double>(), std::move(losses)};
    }
    const at::Tensor nll = at::empty({count}, at::kDouble);
    visitLogits(hidden, model.head, kHeadChunk, [&](std::int64_t begin, const at::Tensor& logits) {
        const at::Tensor labels = input.labels.narrow(0, begin, logits.size(0));
        const std::vector<TokenScore> tokens = scoreLogits(logits, labels);
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            nll.data_ptr<double>()[begin + static_cast<std::int64_t>(i)] = tokens[i].nll;
            calibration->add(tokens[i].confidence,
                             tokens[i].top == labels.const_data_ptr<std::int64_t>()[i],
                             tokens[i].entropy);
        }
    });
    return WindowScore{nll.sum().item<double>(), nll};
}

}  // namespace skd
