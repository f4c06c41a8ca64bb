#pragma once

#include <cmath>

#include "report/statistics.h"
#include "report/study_results.h"
#include "results/block_sums.h"

namespace skd {

/// One figure of one run, with the sums by block of text behind it where the run has kept them.
struct Measured {
    std::int64_t seed = 0;
    double value = kNan;
    const BlockSums* blocks = nullptr;
};

/// A figure of an arm, or by how much two arms differ in it: the mean over seeds (a difference
/// takes those that both have), and how uncertain it is (resources/help/method.md, Reports of a
/// study).
struct Contrast {
    int seeds = 0;
    double mean = kNan;
    double seedError = kNan;  ///< standard error by the scatter between seeds; NaN below two
    RatioError text;          ///< by the scatter between blocks of text; NaN where not all are kept

    /// Both sources together; NaN where neither is known.
    [[nodiscard]] double standardError() const;
    /// Half of the 95 % interval: the root of the summed squares of both sources' own half widths,
    /// which covers at least as often as it says (Banerjee, Sankhya 22, 1960).
    [[nodiscard]] double halfWidth() const;
    [[nodiscard]] bool hasInterval() const { return standardError() > 0; }
    /// Further from zero than two standard errors.
    [[nodiscard]] bool isClear() const { return std::fabs(mean) > 2 * standardError(); }
};

/// Of one arm.
Contrast estimate(const std::vector<Measured>& arm);
/// Of `arm` minus `reference`, paired by seed, and by block where both have the same ones.
Contrast difference(const std::vector<Measured>& arm, const std::vector<Measured>& reference);

/// Logarithms of the perplexities that runs ended with (`round` 0) or had after a round, with their
/// losses; runs without one are left out.
std::vector<Measured> logPerplexities(const std::vector<const StudyRun*>& runs,
                                      std::int64_t round = 0);
/// The dense model's, once for each run.
std::vector<Measured> denseLogPerplexities(const std::vector<const StudyRun*>& runs);
/// KL to the dense model, and top-1 agreement with it, of the models that runs ended with.
std::vector<Measured> divergences(const std::vector<const StudyRun*>& runs);
std::vector<Measured> agreements(const std::vector<const StudyRun*>& runs);

/// Of a difference of logarithms: "−16.7 % (−20.1 to −13.0 %)", the 95 % interval in brackets where
/// there is one; "0.833× (0.799 to 0.870)"; of a logarithm "41.02 (38.90 to 43.25)".
std::string changeText(const Contrast& logarithms);
std::string timesText(const Contrast& logarithms);
std::string perplexityText(const Contrast& logarithms);
/// Of figures themselves: "0.3120 (0.2901 to 0.3339)"; of shares "70.2 % (69.0 to 71.4 %)"; of a
/// difference of them "+0.02100 (+0.01300 to +0.02900)" and "+1.2 points (+0.3 to +2.1 points)".
std::string figureText(const Contrast& figure);
std::string shareText(const Contrast& share);
std::string signedText(const Contrast& difference);
std::string pointsText(const Contrast& difference);

/// Of a difference of logarithms: change, low and high of the 95 % interval as fractions, and
/// seeds.
Json changeJson(const Contrast& logarithms);

}  // namespace skd
