#include "prune/svd/depth_tuning.h"

#include <c10/core/GradMode.h>

#include <algorithm>
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

    /// KL of the model with the plan's cut, infinite where it is no number.
    double kl(const CutPlan& plan, const RunContext& context) {
        const std::string name = nameOf(plan);
        if (const auto found = m_known.find(name); found != m_known.end()) return found->second;
        const double measured = measure(plan);
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

    /// Plans without widths are called what they were before there were any.
    [[nodiscard]] std::string nameOf(const CutPlan& plan) const {
        const auto bytes = [](const std::vector<std::int64_t>& numbers) {
            return std::string(reinterpret_cast<const char*>(numbers.data()),
                               numbers.size() * sizeof(std::int64_t));
        };
        std::string text = bytes(plan.ranks);
        const bool narrows = std::any_of(plan.widths.begin(), plan.widths.end(),
                                         [](std::int64_t width) { return width > 0; });
        if (narrows)
            text += strCat(bytes(plan.widths), " ", formatNumber(m_problem.spec.channelRidge, 17));
        return sha256Hex(text);
    }

    double measure(const CutPlan& plan) {
        const c10::NoGradGuard noGradient;
        const AnalysisResult& analysis = m_problem.analysis;
        if (!m_reference) {
            const ModelOutput from = analysis.reference
                                         ? *analysis.reference
                                         : outputOf(m_problem.model, analysis.probeSequences);
            m_reference.emplace(from.rows, from.head);
        }
        Decoder cut = m_problem.model;  // shares the weights
        applyCut(cut, analysis, plan, selectionOf(m_problem.spec.targets));
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
    const Analysis channels = channelsAsMatrices(analysis);
    ProfileBench bench(problem);
    DepthTuned tuned;
    ProgressMeter meter(context, Stage::Analyse, spec.depthTrials, "allocations");
    while (static_cast<std::int64_t>(tuned.trials.size()) < spec.depthTrials) {
        if (context.cancelled()) return DepthTuned{};
        const DepthWeight weight = nextDepth(tuned.trials, spec.depthTrials, context.seed);
        const ArmDamage damage{weighedByDepth(problem.damage.matrices, analysis, weight),
                               weighedByDepth(problem.damage.channels, channels, weight)};
        SKD_TRY(CutPlan plan, budgetCut(analysis, spec, problem.base, damage));
        tuned.trials.push_back({weight, bench.kl(plan, context)});
        if (bestTrial(tuned.trials) + 1 == tuned.trials.size()) tuned.plan = std::move(plan);
        meter.advance(1);
    }
    logBest(tuned, context);
    return tuned;
}

}  // namespace skd
