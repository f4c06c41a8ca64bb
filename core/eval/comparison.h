#pragma once

#include "eval/perplexity.h"

namespace skd {

/// How far a model's predictions lie from the dense model's on the same windows. Standard errors
/// are from disjoint blocks of text (TextBlocks); differences are paired by token. Of fewer than
/// two blocks they are not finite.
struct QualityReport {
    double kl = 0, klStandardError = 0;  ///< KL(dense || model), nats per token
    double agreement = 0,
           agreementStandardError = 0;  ///< share of tokens with the same most probable token
    double densePerplexity = 0, perplexity = 0;                ///< over the scored tokens
    double difference = 0, differenceStandardError = 0;        ///< perplexity - densePerplexity
    double nllDifference = 0, nllDifferenceStandardError = 0;  ///< model - dense, nats per token
    double quantile95 = 0;  ///< half of a 95 % interval in standard errors: Student's t
    std::int64_t tokens = 0, windows = 0, blocks = 0;
    BlockSums klBlocks, agreementBlocks;
    CalibrationReport denseCalibration, calibration;
    bool cancelled = false;

    [[nodiscard]] Json toJson() const;
};

/// Both models over the windows of `settings`, a chunk of logits of each at a time. InvalidInput
/// when their vocabularies differ in size.
Result<QualityReport> compareModels(const Decoder& dense, const Decoder& model,
                                    const EvalText& text, const EvalSettings& settings,
                                    const RunContext& context);

}  // namespace skd
