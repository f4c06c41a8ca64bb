#pragma once

#include "report/study_results.h"

namespace skd::test {

inline const Json kNothing = Json::object();

/// A study whose runs have invented figures, seeds 1 and 2: a dense perplexity of 36, 90 after
/// cutting 35 %, 30 steps of 4 samples of 256 tokens (30,720 tokens) where a variant says nothing
/// else.
class InventedStudy {
public:
    /// `variants`: their overrides by name, in the plan's order; `more` of the study's own fields.
    explicit InventedStudy(const std::vector<std::pair<std::string, Json>>& variants,
                           const Json& more = Json::object());

    StudyRun& run(const std::string& variant, std::int64_t seed);
    /// Completes both seeds with these perplexities; a live curve that falls to `live`.
    void finish(const std::string& variant, std::pair<double, double> ppl, double live = 0);
    /// KL to dense and top-1 agreement of both seeds.
    void qualify(const std::string& variant, std::pair<double, double> kl,
                 std::pair<double, double> agreement);

    StudyResults results;
};

/// Four independent blocks of 100 tokens whose mean losses are `mean` plus one of `offsets` each.
BlockSums fourBlocks(double mean, const std::array<double, 4>& offsets);

/// Whether any of `texts` contains `part`.
bool anyContains(const std::vector<std::string>& texts, const std::string& part);

}  // namespace skd::test
