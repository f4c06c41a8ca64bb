#pragma once

#include "store/records.h"
#include "store/run_paths.h"
#include "study/study_cost.h"

namespace skd {

/// What a run is expected to take, for users who are about to start it: an order of magnitude.
struct RunEstimate {
    double seconds = 0;                         ///< of all stages
    std::vector<StageCost> stages;              ///< in their order
    std::int64_t memoryBytes = 0;               ///< peak; 0 where the model is not known
    std::int64_t diskBytes = 0, keptBytes = 0;  ///< at its peak, and what stays when it is complete
    std::uint64_t freeMemory = 0, freeDisk = 0;  ///< of this machine, now
    std::int64_t parameters = 0;                 ///< of the model; 0 = not known
    std::string modelProblem;                    ///< why the model is not known
    /// Sentences about what does not fit.
    [[nodiscard]] std::vector<std::string> warnings() const;
};

/// How much faster or slower runs of this workspace were on this machine than StudyCost expects at
/// its speed: seconds needed by seconds expected per parameter, over `runs` of them.
struct SpeedRecord {
    double factor = 1;
    std::int64_t runs = 0;
};
/// From complete runs and the stages they recorded; only runs of this kind of machine, of a model
/// whose size is known, count.
SpeedRecord speedOf(const std::vector<std::pair<RunDetails, double>>& runsWithSeconds,
                    const RunPaths& paths);
/// Time that a recorded run spent in its stages; waiting and pauses of a resumed run do not count.
double stageSeconds(const std::vector<EventRow>& events);

/// Reads the header of the model; ask from a thread that may wait for a disk.
RunEstimate estimateRun(const RunSpec& spec, const RunPaths& paths, const SpeedRecord& speed = {});

/// What the teacher's probabilities take on disk for each token; 0 where none are cached.
double teacherBytesPerToken(const RunSpec& spec);

/// Seconds of each run of a plan, in its order: those of StudyCost, in proportion to the parameters
/// of each run's model (of `variant:` references those of the study's other models), times `speed`.
std::vector<double> estimatePlan(const StudyPlan& plan, const RunPaths& paths,
                                 const SpeedRecord& speed = {});

}  // namespace skd
