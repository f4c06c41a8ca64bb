#include "eval/window_scoring.h"

#include <c10/core/GradMode.h>

#include <algorithm>

#include "base/text.h"
#include "model/device_copy.h"
#include "model/device_scoring.h"
#include "model/head_scoring.h"

namespace skd {
namespace {

bool hasBosInFront(const Window& window, const EvalSettings& settings) {
    return settings.bos && !window.replaceFirst && !window.prefix;
}

at::Tensor idTensor(const std::vector<std::int64_t>& ids) {
    return at::tensor(ids, at::kLong);
}

/// What several windows ask, side by side: ids [windows, length], rows of the flattened states and
/// their labels.
std::vector<at::Tensor> joinedInputs(const std::vector<WindowInput>& inputs) {
    std::vector<at::Tensor> ids, rows, labels;
    std::int64_t begin = 0;
    for (const WindowInput& input : inputs) {
        ids.push_back(input.ids);
        labels.push_back(input.labels);
        rows.push_back(begin +
                       (input.rows.defined()
                            ? input.rows
                            : at::arange(input.firstRow, input.firstRow + input.labels.size(0))));
        begin += input.ids.size(0);
    }
    return {at::stack(ids), at::cat(rows), at::cat(labels)};
}

/// Fields of each label's TokenScore, [tokens, 4] f64 on the CPU.
at::Tensor scoreFields(const at::Tensor& states, const at::Tensor& head, const at::Tensor& labels) {
    std::vector<at::Tensor> chunks;
    visitLogits(
        states, head, device::headRows(head.size(0)),
        [&](std::int64_t begin, const at::Tensor& logits) {
            chunks.push_back(device::rowScores(logits, labels.narrow(0, begin, logits.size(0))));
        });
    return at::cat(chunks).to(at::kCPU).contiguous();
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

std::size_t windowsTogether(const Decoder& model, std::span<const Window> windows,
                            const EvalSettings& settings) {
    if (model.device().is_cpu()) return 1;
    const std::int64_t length = forwardLength(windows.front(), settings);
    const auto most = static_cast<std::size_t>(
        std::max<std::int64_t>(1, device::kPassTokens / std::max<std::int64_t>(1, length)));
    std::size_t count = 1;
    while (count < std::min(most, windows.size()) &&
           forwardLength(windows[count], settings) == length)
        ++count;
    return count;
}

Result<std::vector<WindowScore>> scoreWindows(const Decoder& model, const EvalText& text,
                                              std::span<const Window> windows,
                                              const EvalSettings& settings,
                                              CalibrationMeter* calibration) {
    if (model.device().is_cpu()) {
        std::vector<WindowScore> scores;
        for (const Window& window : windows) {
            SKD_TRY(WindowScore score, scoreWindow(model, text, window, settings, calibration));
            scores.push_back(std::move(score));
        }
        return scores;
    }
    std::vector<WindowInput> inputs;
    for (const Window& window : windows) {
        SKD_TRY(WindowInput input,
                windowInput(text, window, settings, model.config.vocabularySize));
        inputs.push_back(std::move(input));
    }
    return scoreTogether(model, inputs, calibration);
}

std::vector<WindowScore> scoreTogether(const Decoder& model, const std::vector<WindowInput>& inputs,
                                       CalibrationMeter* calibration) {
    const c10::NoGradGuard noGradient;
    const std::vector<at::Tensor> host = joinedInputs(inputs),
                                  moved = uploadTogether(host, model.device());
    const at::Tensor hidden = model.runLayers(model.embed(moved[0]), 0, model.layers.size());
    const at::Tensor states = model.normalise(hidden.flatten(0, 1).index_select(0, moved[1]));
    at::Tensor losses;
    if (calibration == nullptr) {
        losses =
            device::tokenLosses(states, model.head, moved[2], device::headRows(model.head.size(0)))
                .to(at::kCPU);
    } else {
        const at::Tensor fields = scoreFields(states, model.head, moved[2]);
        losses = fields.select(1, 0).contiguous();
        const auto* label = host[2].const_data_ptr<std::int64_t>();
        for (std::int64_t i = 0; i < fields.size(0); ++i) {
            const TokenScore token =
                device::tokenScore(fields.const_data_ptr<double>() + i * fields.size(1));
            calibration->add(token.confidence, token.top == label[i], token.entropy);
        }
    }
    std::vector<WindowScore> scores;
    std::int64_t begin = 0;
    for (const WindowInput& input : inputs) {
        const at::Tensor own = losses.narrow(0, begin, input.labels.size(0)).contiguous();
        scores.push_back({own.sum().item<double>(), own});
        begin += input.labels.size(0);
    }
    return scores;
}

}  // namespace skd
