#include "eval/comparison.h"

#include <cmath>
#include <functional>
#include <numeric>

#include "base/text.h"
#include "eval/window_scoring.h"
#include "model/gemm.h"
#include "model/head_scoring.h"

namespace skd {
namespace {

/// Sums over the scored tokens of a window.
struct WindowSums {
    double kl = 0, agreed = 0, denseNll = 0, nll = 0;
};

struct Meters {
    CalibrationMeter dense, model;
};

void addChunk(WindowSums& sums, Meters& meters, const at::Tensor& denseLogits,
              const at::Tensor& logits, const at::Tensor& labels) {
    const std::vector<TokenScore> dense = scoreLogits(denseLogits, labels),
                                  model = scoreLogits(logits, labels);
    const std::vector<double> kl = rowDivergences(denseLogits, logits);
    const auto* label = labels.const_data_ptr<std::int64_t>();
    for (std::size_t i = 0; i < kl.size(); ++i) {
        sums.kl += kl[i];
        sums.agreed += dense[i].top == model[i].top ? 1 : 0;
        sums.denseNll += dense[i].nll;
        sums.nll += model[i].nll;
        meters.dense.add(dense[i].confidence, dense[i].top == label[i], dense[i].entropy);
        meters.model.add(model[i].confidence, model[i].top == label[i], model[i].entropy);
    }
}

WindowSums compareWindow(const Decoder& dense, const Decoder& model, const WindowInput& input,
                         Meters& meters) {
    const at::Tensor denseHidden = scoredStates(dense, input), hidden = scoredStates(model, input),
                     head = model.head.t();
    WindowSums sums;
    visitLogits(denseHidden, dense.head, kHeadChunk,
                [&](std::int64_t begin, const at::Tensor& denseLogits) {
                    const at::Tensor logits =
                        gemm(hidden.narrow(0, begin, denseLogits.size(0)), head);
                    addChunk(sums, meters, denseLogits, logits,
                             input.labels.narrow(0, begin, denseLogits.size(0)));
                });
    return sums;
}

void conclude(QualityReport& report, const std::vector<WindowSums>& sums,
              const std::vector<std::int64_t>& counts) {
    const auto tokens = static_cast<double>(report.tokens);
    const auto each = [&](const auto& value) {
        std::vector<double> values;
        for (const WindowSums& window : sums) values.push_back(std::invoke(value, window));
        return values;
    };
    const auto mean = [&](const std::vector<double>& values) {
        return std::accumulate(values.begin(), values.end(), 0.0) / tokens;
    };
    const auto set = [&](double& figure, double& error, const std::vector<double>& values) {
        figure = mean(values);
        error = clusterStandardError(values, counts);
    };
    set(report.kl, report.klStandardError, each(&WindowSums::kl));
    set(report.agreement, report.agreementStandardError, each(&WindowSums::agreed));
    set(report.nllDifference, report.nllDifferenceStandardError,
        each([](const WindowSums& w) { return w.nll - w.denseNll; }));
    report.densePerplexity = std::exp(mean(each(&WindowSums::denseNll)));
    report.perplexity = std::exp(mean(each(&WindowSums::nll)));
    report.difference = report.perplexity - report.densePerplexity;
    // Delta method: to first order the difference moves as this per-window combination does.
    const auto combined = each([&](const WindowSums& w) {
        return report.perplexity * w.nll - report.densePerplexity * w.denseNll;
    });
    report.differenceStandardError = clusterStandardError(combined, counts);
}

}  // namespace

Result<QualityReport> compareModels(const Decoder& dense, const Decoder& model,
                                    const EvalText& text, const EvalSettings& settings,
                                    const RunContext& context) {
    if (dense.config.vocabularySize != model.config.vocabularySize)
        return fail(
            ErrorCode::InvalidInput,
            strCat("the models' vocabularies have ", dense.config.vocabularySize, " and ",
                   model.config.vocabularySize, " tokens; their distributions cannot be compared"));
    SKD_TRY(const std::vector<Window> windows, cutWindows(text, settings));
    QualityReport report;
    Meters meters;
    std::vector<WindowSums> sums;
    std::vector<std::int64_t> counts;
    ProgressMeter progress(context, Stage::Evaluate, static_cast<std::int64_t>(windows.size()),
                           "windows");
    for (const Window& window : windows) {
        if (context.cancelled()) {
            report.cancelled = true;
            return report;
        }
        SKD_TRY(const WindowInput input,
                windowInput(text, window, settings, model.config.vocabularySize));
        sums.push_back(compareWindow(dense, model, input, meters));
        counts.push_back(window.scored());
        report.tokens += counts.back();
        progress.advance(1);
    }
    report.windows = static_cast<std::int64_t>(windows.size());
    report.denseCalibration = meters.dense.report();
    report.calibration = meters.model.report();
    conclude(report, sums, counts);
    return report;
}

Json QualityReport::toJson() const {
    return {{"kl", kl},
            {"kl_standard_error", klStandardError},
            {"top1_agreement", agreement},
            {"top1_agreement_standard_error", agreementStandardError},
            {"dense_ppl", densePerplexity},
            {"ppl", perplexity},
            {"ppl_difference", difference},
            {"ppl_difference_standard_error", differenceStandardError},
            {"nll_difference", nllDifference},
            {"nll_difference_standard_error", nllDifferenceStandardError},
            {"tokens", tokens},
            {"windows", windows},
            {"dense_calibration", denseCalibration.toJson()},
            {"calibration", calibration.toJson()}};
}

}  // namespace skd
