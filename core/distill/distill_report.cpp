#include "distill/trainer.h"

namespace skd {

Json DistillReport::toJson() const {
    return {{"steps", steps},
            {"best_step", bestStep},
            {"best_live_ppl", bestPerplexity},
            {"stop_reason", stopReason},
            {"cancelled", cancelled},
            {"skipped", skippedSteps},
            {"micro_batch", microBatch},
            {"tokens", tokens},
            {"seconds", seconds},
            {"tokens_per_second", tokensPerSecond},
            {"resumed_from", resumedFrom}};
}

}  // namespace skd
