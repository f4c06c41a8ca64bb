#pragma once

#include <ATen/ATen.h>

#include <span>

#include "eval/calibration.h"
#include "eval/windows.h"
#include "model/decoder.h"

namespace skd {

/// A window as a model sees it.
struct WindowInput {
    at::Tensor ids;             ///< [length] int64, on the CPU
    at::Tensor labels;          ///< [scored] int64: the tokens that are predicted
    std::int64_t firstRow = 0;  ///< position whose logits predict the first of them
    at::Tensor rows = {};       ///< [scored] int64: these positions; none where they are in a row
};

/// InvalidInput when a token in front is asked for and the tokeniser has none, or the model does
/// not know a token.
Result<WindowInput> windowInput(const EvalText& text, const Window& window,
                                const EvalSettings& settings, std::int64_t vocabularySize);

/// Tokens that a forward pass over the window reads.
std::int64_t forwardLength(const Window& window, const EvalSettings& settings);

/// Final hidden states [scored, hidden] whose logits predict the window's labels; no gradient.
at::Tensor scoredStates(const Decoder& model, const WindowInput& input);

/// NLL of a window's scored tokens; with `calibration` what they say of it is added there.
struct WindowScore {
    double nll = 0;     ///< their sum
    at::Tensor losses;  ///< [scored] f64 on the CPU: each token's

    [[nodiscard]] std::span<const double> each() const {
        return {losses.const_data_ptr<double>(), static_cast<std::size_t>(losses.numel())};
    }
};
Result<WindowScore> scoreWindow(const Decoder& model, const EvalText& text, const Window& window,
                                const EvalSettings& settings,
                                CalibrationMeter* calibration = nullptr);

/// How many of the windows from the first on are scored in one pass: on the CPU one; on a device as
/// many of equal length, one after the other, as make up kPassTokens (device_scoring.h).
std::size_t windowsTogether(const Decoder& model, std::span<const Window> windows,
                            const EvalSettings& settings);

/// scoreWindow for each of such windows, in their order.
Result<std::vector<WindowScore>> scoreWindows(const Decoder& model, const EvalText& text,
                                              std::span<const Window> windows,
                                              const EvalSettings& settings,
                                              CalibrationMeter* calibration = nullptr);

/// The same of inputs of equal length in one forward pass, with one copy to a device and one back;
/// only scored positions reach the head. On any device.
std::vector<WindowScore> scoreTogether(const Decoder& model, const std::vector<WindowInput>& inputs,
                                       CalibrationMeter* calibration = nullptr);

}  // namespace skd
