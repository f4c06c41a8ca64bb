#include "prune/svd/rank_search.h"

#include <cmath>

#include "base/text.h"
#include "prune/svd/prune.h"

namespace skd {
namespace {

constexpr int kBisections = 8;
constexpr double kLargestCut = 0.95;

}  // namespace

Result<SearchedRanks> searchRanks(const Decoder& model, const PruneSpec& given,
                                  const AnalysisResult& analysis, const RankBase& base,
                                  const PruneEvaluate& evaluate) {
    if (!evaluate)
        return fail(ErrorCode::InvalidInput, "\"prune.ranks\" = search needs a text to measure on");
    SearchedRanks result;
    PruneSpec spec = given;
    double low = 0, high = kLargestCut;
    for (int i = 0; i <= kBisections; ++i) {
        spec.target = i == 0 ? 0 : (low + high) / 2;
        SKD_TRY(std::vector<std::int64_t> ranks, chooseRanks(*analysis.analysis, spec, base));
        Decoder candidate = model;
        applyRanks(candidate, analysis.decompositions, ranks, selectionOf(spec.targets));
        SKD_TRY(const double perplexity, evaluate(candidate));
        if (std::isnan(perplexity)) return SearchedRanks{};
        result.tried.push_back({{"target", spec.target}, {"ppl", perplexity}});
        const bool passes = perplexity <= spec.searchPerplexity;
        if (i == 0 && !passes)
            return fail(ErrorCode::InvalidInput,
                        strCat("\"prune.search_ppl\" is ", formatNumber(spec.searchPerplexity),
                               ", but the model as it is has ", formatNumber(perplexity),
                               " already; give a larger limit"));
        if (passes) result.ranks = std::move(ranks);
        (passes ? low : high) = spec.target;
    }
    return result;
}

}  // namespace skd
