#pragma once

#include <vector>

#include "events/run_context.h"
#include "prune/svd/fisher.h"

namespace skd {

/// What a pass over calibration text is to add up; null stands for nothing of the kind.
struct StatisticsPlan {
    const CalibrationSet* inputs = nullptr;  ///< the text for the inputs' statistics
    GramOptions gram;
    const CalibrationSet* outputs = nullptr;  ///< the text for the gradients
    FisherOptions fisher;
};

struct Statistics {
    std::vector<LayerGram> grams;    ///< by layer; empty where not asked for or cancelled
    std::vector<at::Tensor> fisher;  ///< as FisherSums::takeMeans gives them; empty likewise
    bool cancelled = false;
};

/// Runs text through the model once for all that is asked of it: a sequence that stands at the same
/// place of both sets goes forward once, for inputs and gradients, and back once. Sequences of only
/// one set, as those beyond the end of the shorter one, do what that one needs. One sequence is in
/// memory at a time. Labels follow from context.seed. The sums are those of two passes, but for
/// sequences of a few tokens, for which kernels without gradients sum in another order. Nothing is
/// left of the sums when cancelled.
Result<Statistics> collectStatistics(const Decoder& model, const StatisticsPlan& plan,
                                     const RunContext& context);

/// The inputs' statistics alone. Empty when cancelled.
Result<std::vector<LayerGram>> collectGrams(const Decoder& model, const CalibrationSet& set,
                                            const RunContext& context,
                                            const GramOptions& options = {});

/// The gradients' alone. Empty when cancelled.
Result<std::vector<at::Tensor>> collectOutputFisher(const Decoder& model, const CalibrationSet& set,
                                                    const FisherOptions& options,
                                                    const RunContext& context);

}  // namespace skd
