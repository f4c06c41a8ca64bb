#include "eval/comparison.h"

#include <cmath>
#include <functional>
#include <numeric>

#include "base/record.h"
#include "base/text.h"
#include "eval/window_scoring.h"
#include "model/gemm.h"
#include "model/head_scoring.h"

namespace skd {
namespace {

/// Of one scored token, or sums over those of a window or block.
struct TokenSums {
    double kl = 0, agreed = 0, denseNll = 0, nll = 0, tokens = 0;

    TokenSums& operator+=(const TokenSums& other) {
        kl += other.kl;
        agreed += other.agreed;
        denseNll += other.denseNll;
        nll += other.nll;
        tokens += other.tokens;
        return *this;
    }
};

struct Meters {
    CalibrationMeter dense, model;
};

/// Appends what both models say of each label.
void addChunk(std::vector<TokenSums>& tokens, Meters& meters, const at::Tensor& denseLogits,
              const at::Tensor& logits, const at::Tensor& labels) {
    const std::vector<TokenScore> dense = scoreLogits(denseLogits, labels),
                                  model = scoreLogits(logits, labels);
    const std::vector<double> kl = rowDivergences(denseLogits, logits);
    const auto* label = labels.const_data_ptr<std::int64_t>();
    for (std::size_t i = 0; i < kl.size(); ++i) {
        tokens.push_back(
            {kl[i], dense[i].top == model[i].top ? 1.0 : 0.0, dense[i].nll, model[i].nll, 1});
        meters.dense.add(dense[i].confidence, dense[i].top == label[i], dense[i].entropy);
        meters.model.add(model[i].confidence, model[i].top == label[i], model[i].entropy);
    }
}

/// One entry per scored token.
std::vector<TokenSums> compareWindow(const Decoder& dense, const Decoder& model,
                                     const WindowInput& input, Meters& meters) {
    const at::Tensor denseHidden = scoredStates(dense, input), hidden = scoredStates(model, input),
                     head = model.head.t();
    std::vector<TokenSums> tokens;
    visitLogits(denseHidden, dense.head, kHeadChunk,
                [&](std::int64_t begin, const at::Tensor& denseLogits) {
                    const at::Tensor logits =
                        gemm(hidden.narrow(0, begin, denseLogits.size(0)), head);
                    addChunk(tokens, meters, denseLogits, logits,
                             input.labels.narrow(0, begin, denseLogits.size(0)));
                });
    return tokens;
}

template <class Figure>
std::vector<double> figuresOf(const std::vector<TokenSums>& sums, const Figure& figure) {
    std::vector<double> values;
    for (const TokenSums& one : sums) values.push_back(std::invoke(figure, one));
    return values;
}

/// `windows` and `blocks`: the same tokens, added up by window and by block.
void conclude(QualityReport& report, const std::vector<TokenSums>& windows,
              const TextBlocks& blocks, const std::vector<TokenSums>& blockSums) {
    const std::vector<double> weights = figuresOf(blockSums, &TokenSums::tokens);
    const auto error = [&](const auto& figure) {
        return blocks.error(figuresOf(blockSums, figure), weights);
    };
    const auto mean = [&](const auto& figure) {
        const std::vector<double> values = figuresOf(windows, figure);
        return std::accumulate(values.begin(), values.end(), 0.0) /
               static_cast<double>(report.tokens);
    };
    const auto set = [&](double& value, double& standardError, const auto& figure) {
        value = mean(figure);
        standardError = error(figure).standardError;
    };
    set(report.kl, report.klStandardError, &TokenSums::kl);
    set(report.agreement, report.agreementStandardError, &TokenSums::agreed);
    set(report.nllDifference, report.nllDifferenceStandardError,
        [](const TokenSums& s) { return s.nll - s.denseNll; });
    report.densePerplexity = std::exp(mean(&TokenSums::denseNll));
    report.perplexity = std::exp(mean(&TokenSums::nll));
    report.difference = report.perplexity - report.densePerplexity;
    // Delta method: to first order the difference moves as this combination does.
    const RatioError combined = error([&](const TokenSums& s) {
        return report.perplexity * s.nll - report.densePerplexity * s.denseNll;
    });
    report.differenceStandardError = combined.standardError;
    report.quantile95 = studentQuantile(combined.degrees);
    report.blocks = static_cast<std::int64_t>(blocks.size());
    report.windows = static_cast<std::int64_t>(windows.size());
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
    const TextBlocks blocks(text, windows, settings);
    std::vector<TokenSums> windowSums, blockSums(blocks.size());
    ProgressMeter progress(context, Stage::Evaluate, static_cast<std::int64_t>(windows.size()),
                           "windows");
    for (const Window& window : windows) {
        if (context.cancelled()) {
            report.cancelled = true;
            return report;
        }
        SKD_TRY(const WindowInput input,
                windowInput(text, window, settings, model.config.vocabularySize));
        TokenSums& sum = windowSums.emplace_back();
        const std::vector<std::int64_t> places = scoredTokens(text, window);
        auto place = places.begin();
        for (const TokenSums& token : compareWindow(dense, model, input, meters)) {
            sum += token;
            blockSums[blocks.blockOf(window, *place++)] += token;
        }
        report.tokens += window.scored();
        progress.advance(1);
    }
    report.denseCalibration = meters.dense.report();
    report.calibration = meters.model.report();
    conclude(report, windowSums, blocks, blockSums);
    const std::vector<double> counts = figuresOf(blockSums, &TokenSums::tokens);
    report.klBlocks = blocks.sums(figuresOf(blockSums, &TokenSums::kl), counts, text);
    report.agreementBlocks = blocks.sums(figuresOf(blockSums, &TokenSums::agreed), counts, text);
    return report;
}

Json QualityReport::toJson() const {
    return {{"kl", kl},
            {"kl_standard_error", finiteOrNull(klStandardError)},
            {"top1_agreement", agreement},
            {"top1_agreement_standard_error", finiteOrNull(agreementStandardError)},
            {"dense_ppl", densePerplexity},
            {"ppl", perplexity},
            {"ppl_difference", difference},
            {"ppl_difference_standard_error", finiteOrNull(differenceStandardError)},
            {"nll_difference", nllDifference},
            {"nll_difference_standard_error", finiteOrNull(nllDifferenceStandardError)},
            {"tokens", tokens},
            {"windows", windows},
            {"blocks", blocks},
            {"t_95", finiteOrNull(quantile95)},
            {"kl_blocks", blockSumsJson(klBlocks)},
            {"top1_agreement_blocks", blockSumsJson(agreementBlocks)},
            {"dense_calibration", denseCalibration.toJson()},
            {"calibration", calibration.toJson()}};
}

}  // namespace skd
