#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "distill/teacher_cache.h"
#include "events/run_context.h"
#include "model/decoder.h"
#include "spec/distill_spec.h"
#include "text/corpus.h"

namespace skd {

/// Perplexity of the student after `step` optimiser steps. May be anything once the run is
/// cancelled.
using DistillEvaluate = std::function<Result<double>(const Decoder& student, std::int64_t step)>;

/// What distillation uses besides model, data and its own spec.
struct DistillEnvironment {
    std::filesystem::path
        checkpointFolder;      ///< of this run; an earlier checkpoint in it is gone on from
    DistillEvaluate evaluate;  ///< may be empty: no stopping rules, the last weights are kept
    std::string specSha256;    ///< of the whole run; a checkpoint of another spec is refused
};

struct DistillReport {
    std::int64_t steps = 0;  ///< optimiser steps done
    std::int64_t bestStep =
        -1;  ///< whose weights the student has now; -1 when nothing was evaluated
    double bestPerplexity = 0;  ///< NaN when nothing was evaluated
    std::string stopReason;     ///< why it ended, with its numbers
    bool cancelled =
        false;  ///< a checkpoint was saved; the student has the weights of step `steps`
    std::int64_t skippedSteps = 0;  ///< left out because loss or gradient was not finite
    std::int64_t tokens = 0;        ///< trained on in this call
    double seconds = 0;             ///< of this call, evaluations included
    double tokensPerSecond = 0;     ///< of training alone
    std::int64_t resumedFrom = -1;  ///< step of the checkpoint it went on from
    [[nodiscard]] Json toJson() const;
};

/// Trains `student` on the corpus against the cached teacher until the steps are done or a stopping
/// rule fires, then gives it the best weights (METHOD.md sections 1 and 4). Emits Progress, metrics
/// (kd.* at steps from 0; ppl.live after so many steps, from 0), CheckpointSaved and log lines.
/// Cancelling saves a checkpoint. A step whose loss or gradient is not finite is skipped and
/// logged; maxBadSteps of them in a row are an error (Numeric) that leaves the last checkpoint.
/// OutOfMemory, with the numbers, before it starts when the estimate does not fit. The same inputs,
/// seed and threads give the same bits, however often it is interrupted.
Result<DistillReport> distill(Decoder& student, const Corpus& corpus, const TeacherCache& cache,
                              const DistillSpec& spec, const DistillEnvironment& environment,
                              const RunContext& context);

/// Bytes that training takes at its peak beyond the student's weights (an estimate).
std::int64_t distillMemoryBytes(const Decoder& student, const Corpus& corpus,
                                const DistillSpec& spec);

}  // namespace skd
