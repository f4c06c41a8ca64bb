#pragma once

#include "events/run_context.h"
#include "results/elastic_front.h"
#include "store/run_paths.h"

/// What the command line's `front` does.
namespace skd {

struct FrontRequest {
    RunId run;
    std::int64_t sizes =
        0;  ///< that are measured, evenly from the largest to the smallest; 0: none
    std::int64_t tokens = 0;  ///< of the evaluation text; 0: as many as the run's protocol has
    std::filesystem::path workspace;
};

/// A size of an elastic run. Perplexities under the run's own protocol.
struct FrontRow {
    FrontPoint point;                   ///< after training
    std::optional<double> actual = {};  ///< fraction that the profile of this size removes
    std::optional<std::int64_t> parameters = {};  ///< of the model
    std::optional<std::int64_t> bytes = {};       ///< of its weights; none where no file is left
    std::optional<double> before = {},
                          beforeError = {};  ///< perplexity after the cut, before training
};

struct ElasticFront {
    std::string name, form, pathSha256, protocol;
    double largest = 0, smallest = 0;  ///< fractions removed
    std::optional<double> densePpl;
    std::vector<FrontRow> rows;  ///< ascending in what they remove
    /// Of the rows that share one protocol: of all, or of the measured ones alone where they were
    /// measured on another number of tokens than the recorded ones.
    FrontCheck check;
    std::vector<std::size_t> checked;  ///< rows that `check` is of, in its order
    bool cancelled = false;

    [[nodiscard]] Json toJson() const;
};

/// The sizes that an elastic run has recorded and, where asked for, more of them measured now, each
/// of the very model that run:N@SIZE% stands for. A size that is on record under the same protocol
/// is not measured again; what is on record needs no files of the run. InvalidInput for a run that
/// is not elastic, and for one size: a front has two ends.
Result<ElasticFront> elasticFront(const FrontRequest& request, const RunContext& context);

}  // namespace skd
