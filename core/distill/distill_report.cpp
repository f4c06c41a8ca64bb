#include "distill/trainer.h"

namespace skd {

Json DistillReport::toJson() const {
    Json json{{"steps", steps},
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
    if (rateChoice) {
        json["learning_rate"] = rateChoice->rate;
        json["learning_rate_found"] = rateChoice->isFound;
        json["learning_rate_reason"] = rateChoice->reason;
    }
    if (processes > 1)
        json["processes"] = {{"count", processes},
                             {"sent_bytes", traffic.bytes},
                             {"transfer_seconds", traffic.seconds},
                             {"waited_seconds", traffic.waited}};
    if (averagedSteps > 0) json["averaged"] = averagedSteps;
    return json;
}

}  // namespace skd
