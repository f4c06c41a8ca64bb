#include "prune/svd/depth_tuning.h"

#include <c10/core/GradMode.h>

#include <cmath>
#include <limits>

#include "base/hash.h"
#include "base/record.h"
#include "base/text.h"
#include "model/head_scoring.h"
#include "prune/shared/prune_report.h"
#include "prune/svd/prune.h"

namespace skd {
namespace {

/// Measures whole rank profiles of a model.
class ProfileBench {
public:
    explicit ProfileBench(const DepthProblem& problem)
        : m_problem(problem), m_cache(problem.analysis.cache) {
        if (m_cache) m_known = m_cache->loadProfiles(key());
    }

    /// KL of the model at `ranks`, infinite where it is no number.
    double kl(const std::vector<std::int64_t>& ranks, const RunContext& context) {
        const std::string name = sha256Hex(
            {reinterpret_cast<const char*>(ranks.data()), ranks.size() * sizeof ranks.front()});
        if (const auto found = m_known.find(name); found != m_known.end()) return found->second;
        const double measured = measure(ranks);
        if (!std::isfinite(measured)) return std::numeric_limits<double>::infinity();
        m_known[name] = measured;
        const Status saved = m_cache ? m_cache->saveProfiles(key(), m_known) : Status();
        if (!saved)
            context.log(log::Level::Warning,
                        "an allocation's KL was not cached: " + saved.error().message);
        return measured;
    }

private:
    [[nodiscard]] const std::string& key() const { return m_problem.analysis.outputKey; }

    double measure(const std::vector<std::int64_t>& ranks) {
        const c10::NoGradGuard noGradient;
        const AnalysisResult& analysis = m_problem.analysis;
        if (!m_reference) {
            const ModelOutput from = analysis.reference
                                         ? *analysis.reference
                                         : outputOf(m_problem.model, analysis.probeSequences);
            m_reference.emplace(from.rows, from.head);
        }
        Decoder cut = m_problem.model;  // shares the weights
        applyRanks(cut, analysis.decompositions, ranks, selectionOf(m_problem.spec.targets));
        const ModelOutput to = outputOf(cut, analysis.probeSequences);
        return m_reference->meanKl(to.rows, to.head);
    }

    const DepthProblem& m_problem;
    const std::optional<SpectrumCache>& m_cache;
    SpectrumCache::Profiles m_known;
    std::optional<OutputDistribution> m_reference;
};

void logBest(const DepthTuned& tuned, const RunContext& context) {
    const DepthTrial& best = tuned.trials[bestTrial(tuned.trials)];
    context.log(log::Level::Info, strCat("depth: of ", tuned.trials.size(), " allocations alpha ",
                                         formatNumber(best.weight.decay, 3), ", gamma ",
                                         formatNumber(best.weight.strength, 3),
                                         " moves the output least: ", formatNumber(best.kl, 4),
                                         " nats per token, without a weight by depth ",
                                         formatNumber(tuned.trials.front().kl, 4)));
}

Json trialJson(const DepthTrial& trial) {
    return {{"alpha", trial.weight.decay},
            {"gamma", trial.weight.strength},
            {"kl", finiteOrNull(trial.kl)}};
}

}  // namespace

Json DepthTuned::details() const {
    Json json = trialJson(trials[bestTrial(trials)]);
    json["kl_without"] = finiteOrNull(trials.front().kl);
    json["trials"] = Json::array();
    for (const DepthTrial& trial : trials) json["trials"].push_back(trialJson(trial));
    return json;
}

Result<DepthTuned> tuneDepth(const DepthProblem& problem, const RunContext& context) {
    const PruneSpec& spec = problem.spec;
    const Analysis& analysis = *problem.analysis.analysis;
    if (problem.analysis.probeSequences.empty())
        return fail(ErrorCode::InvalidInput,
                    "\"prune.depth_trials\" needs text to measure allocations on; raise "
                    "\"prune.probe_tokens\" or give a longer corpus");
    ProfileBench bench(problem);
    DepthTuned tuned;
    ProgressMeter meter(context, Stage::Analyse, spec.depthTrials, "allocations");
    while (static_cast<std::int64_t>(tuned.trials.size()) < spec.depthTrials) {
        if (context.cancelled()) return DepthTuned{};
        const DepthWeight weight = nextDepth(tuned.trials, spec.depthTrials, context.seed);
        SKD_TRY(std::vector<std::int64_t> ranks,
                budgetRanks(analysis, spec, problem.base,
                            weighedByDepth(problem.damage, analysis, weight)));
        tuned.trials.push_back({weight, bench.kl(ranks, context)});
        if (bestTrial(tuned.trials) + 1 == tuned.trials.size()) tuned.ranks = std::move(ranks);
        meter.advance(1);
    }
    logBest(tuned, context);
    return tuned;
}

}  // namespace skd
