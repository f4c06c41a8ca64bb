#pragma once

#include "base/fields.h"

namespace skd {

enum class RefineLoss { Mse, Lillama };
template <>
inline constexpr auto kNames<RefineLoss> = names<RefineLoss>({"mse", "lillama"});

/// Block refinement: after a cut each decoder block is trained to give what the same block of the
/// uncut model gives, one block after the other.
struct RefineSpec {
    std::int64_t passes = 0;
    std::int64_t samples = 256, batch = 8;
    double learningRate = 1e-4;
    RefineLoss loss = RefineLoss::Mse;

    bool operator==(const RefineSpec&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("passes", self.passes,
                      {"times that each block is trained on all refinement samples after a cut; 0 "
                       "skips refinement",
                       "passes", 0, 10000, true});
        visitor.field(
            "samples", self.samples,
            {"samples of the corpus that blocks are refined on", "samples", 1, 1e6, true});
        visitor.field("batch", self.batch,
                      {"samples of an optimiser step of refinement", "samples", 1, 65536, true});
        visitor.field(
            "learning_rate", self.learningRate,
            {"peak of each block's schedule: a tenth of the steps of linear rise, then a cosine "
             "to a tenth",
             "", 0, 1, true});
        visitor.field(
            "loss", self.loss,
            {.help = "distance of a block's output to the uncut block's: mse (mean square over "
                     "the variance) or lillama (mean absolute difference and cosine, also on "
                     "the uncut model's inputs)",
             .isLater = true});
    }
};

}  // namespace skd
