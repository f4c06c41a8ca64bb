#include "prune/svd/prune.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/text.h"
#include "model/identity_block.h"
#include "prune/svd/depth_tuning.h"
#include "prune/svd/load_path.h"
#include "prune/svd/remeasure.h"
#include "ranks/damage.h"
#include "ranks/latency.h"

namespace skd {
namespace {

constexpr int kBisections = 8;
constexpr double kLargestCut = 0.95;

struct RankChoice {
    CutPlan plan;  ///< without ranks when cancelled
    Json details = Json::object();
};

/// MLPs at the plan's widths.
void applyWidths(Decoder& model, const AnalysisResult& analysis,
                 const std::vector<std::int64_t>& widths) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
        if (widths[i] == 0) continue;
        const auto layer = static_cast<std::size_t>(analysis.analysis->channels[i].layer.value());
        narrowMlp(model.layers[layer], analysis.channels[layer], widths[i]);
        model.config.layers[layer].intermediateSize = widths[i];
    }
}

/// The fewest parameters whose perplexity is at most spec.search_ppl: bisection over budgets, eight
/// measurements, the largest cut that passed is taken. An error when even the model as it is does
/// not pass. Details: {"searched": [{"target", "ppl"}]} in the order in which they were measured.
Result<RankChoice> searchRanks(const Decoder& model, PruneSpec spec, const AnalysisResult& analysis,
                               const RankBase& base, const PruneEvaluate& evaluate) {
    if (!evaluate)
        return fail(ErrorCode::InvalidInput, "\"prune.ranks\" = search needs a text to measure on");
    RankChoice choice;
    double low = 0, high = kLargestCut;
    for (int i = 0; i <= kBisections; ++i) {
        spec.target = i == 0 ? 0 : (low + high) / 2;
        SKD_TRY(CutPlan plan, chooseCut(*analysis.analysis, spec, base));
        Decoder candidate = model;
        applyCut(candidate, analysis, plan, selectionOf(spec.targets));
        SKD_TRY(const double perplexity, evaluate(candidate));
        if (std::isnan(perplexity)) return RankChoice{};
        choice.details["searched"].push_back({{"target", spec.target}, {"ppl", perplexity}});
        const bool passes = perplexity <= spec.searchPerplexity;
        if (i == 0 && !passes)
            return fail(ErrorCode::InvalidInput,
                        strCat("\"prune.search_ppl\" is ", formatNumber(spec.searchPerplexity),
                               ", but the model as it is has ", formatNumber(perplexity),
                               " already; give a larger limit"));
        if (passes) choice.plan = std::move(plan);
        (passes ? low : high) = spec.target;
    }
    return choice;
}

/// A budget whose damage is measured on partly or wholly cut models.
Result<RankChoice> measuredBudget(const Decoder& model, const PruneSpec& spec,
                                  const AnalysisResult& analysis, const RankBase& base,
                                  const RunContext& context) {
    RankChoice choice;
    ArmDamage damage;
    if (spec.remeasure > 0) {
        SKD_TRY(Remeasured measured, remeasuredRanks(model, spec, analysis, base, context));
        choice = {{std::move(measured.ranks), {}}, {{"remeasured_kl", measured.stateKl}}};
        damage.matrices = std::move(measured.damage);
    } else {
        SKD_TRY(choice.plan, chooseCut(*analysis.analysis, spec, base));
        damage = armDamage(*analysis.analysis, damageRule(spec));
    }
    if (spec.depthTrials == 0 || choice.plan.ranks.empty()) return choice;
    SKD_TRY(DepthTuned tuned, tuneDepth({model, spec, analysis, base, damage}, context));
    if (!tuned.plan.ranks.empty()) choice.details["depth"] = tuned.details();
    choice.plan = std::move(tuned.plan);
    return choice;
}

Result<RankChoice> choose(const Decoder& model, const PruneSpec& spec,
                          const AnalysisResult& analysis, const RankBase& base,
                          const std::pair<const PruneEvaluate&, const RunContext&>& environment) {
    if (spec.ranks == RankRule::Search)
        return searchRanks(model, spec, analysis, base, environment.first);
    if (spec.ranks == RankRule::Budget && (spec.remeasure > 0 || spec.depthTrials > 0))
        return measuredBudget(model, spec, analysis, base, environment.second);
    SKD_TRY(CutPlan plan, chooseCut(*analysis.analysis, spec, base));
    return RankChoice{std::move(plan)};
}

void describe(PruneReport& report, const PruneSpec& spec, const AnalysisResult& analysis) {
    report.details["truncation"] = enumName(spec.truncation);
    report.details["rank_rule"] = enumName(spec.ranks);
    if (spec.ranks == RankRule::Budget || spec.ranks == RankRule::Search)
        report.details.update({{"weights", enumName(spec.weights)}, {"cost", enumName(spec.cost)}});
    report.details["gate_up"] = enumName(spec.gateUp);
    if (spec.form != MatrixForm::Factored) report.details["form"] = enumName(spec.form);
    if (spec.mlpArm != MlpArm::Factored) report.details["mlp_arm"] = enumName(spec.mlpArm);
    if (!spec.locked.empty()) {
        const std::vector<bool> locked =
            lockedMatrices(*analysis.analysis, spec.locked).value_or(std::vector<bool>());
        report.details["locked_matrices"] = std::count(locked.begin(), locked.end(), true);
    }
}

/// Which arm the MLPs took.
void logWidths(const CutPlan& plan, const AnalysisResult& analysis, const RunContext& context) {
    std::int64_t narrowed = 0, kept = 0, before = 0;
    for (std::size_t i = 0; i < plan.widths.size(); ++i) {
        if (plan.widths[i] == 0) continue;
        ++narrowed;
        kept += plan.widths[i];
        before += analysis.analysis->channels[i].channels();
    }
    context.log(log::Level::Info,
                strCat(narrowed, " of ", analysis.channels.size(), " MLPs are narrowed",
                       narrowed > 0 ? strCat(", to ", kept, " of their ", before, " channels")
                                    : std::string()));
}

/// A cut can be impossible, smallest ranks or locked matrices, or go too far by rounding.
void warnIfOff(const PruneReport& report, const PruneSpec& spec, const RunContext& context) {
    const bool hasTarget = spec.ranks != RankRule::Energy && spec.ranks != RankRule::Explicit &&
                           spec.ranks != RankRule::Search;
    const bool byTime = spec.cost == PruneCost::Latency;
    const double removed =
        byTime ? valueOr(report.details, "time_removed", 0.0) : report.targetRemoved;
    if (!hasTarget) return;
    warnIfOver(removed, spec.target, byTime ? "of the time" : "of the parameters", context);
    if (removed >= spec.target - 1e-9) return;
    context.log(
        log::Level::Warning,
        strCat("only ", percentText(removed), " ", byTime ? "of the time " : "", "instead of ",
               percentText(spec.target),
               " could be removed: the other matrices are locked or at their smallest rank"));
}

/// Ranks can save parameters and no time.
void warnIfSlower(const std::vector<std::int64_t>& ranks, const PruneSpec& spec,
                  const AnalysisResult& analysis, const BreakEvenTable* timings,
                  const RunContext& context) {
    if (timings == nullptr) return;
    const SlowerRanks slower = slowerRanks(*analysis.analysis, ranks, *timings, spec.costBatch);
    if (slower.slower == 0) return;
    context.log(log::Level::Warning,
                strCat(slower.slower, " of ", slower.factored,
                       " factored matrices are not faster than the dense ones at a batch of ",
                       spec.costBatch, " on this machine, e.g. ", slower.example,
                       "; \"prune.cost\" = latency chooses ranks for time"));
}

PruneReport cancelledReport() {
    PruneReport report;
    report.cancelled = true;
    return report;
}

/// A matrix that is to become an identity block.
struct BlockCut {
    Linear* matrix;
    const Decomposition& decomposition;
    std::int64_t rank, before;  ///< before: parameters of the matrix as it is

    [[nodiscard]] IdentityBlockMaker begin() const {
        const Factors factors = factorsAt(decomposition, matrix->weight(), rank);
        return {factors.a, factors.b};
    }
    /// A block that would not hold in f32 becomes factors where they are smaller than the matrix.
    void take(const IdentityBlock& block, const RunContext& context) const {
        const at::Tensor weight = matrix->weight();
        if (holdsInSingle(block)) {
            const IdentityBlockWeight& made = block.weight;
            matrix->replace(IdentityBlockWeight{made.c.to(weight.options()),
                                                made.b.to(weight.options()),
                                                made.order.to(weight.device())});
            return;
        }
        const bool smaller = rank * (weight.size(0) + weight.size(1)) < before;
        if (smaller) matrix->replace(formAt(*matrix, decomposition, rank));
        context.log(log::Level::Warning,
                    strCat(matrix->name(), " at rank ", rank, " would lose ",
                           formatNumber(block.roundingError, 2),
                           " of itself by rounding in f32 as an identity block; ",
                           smaller ? "it becomes plain factors" : "it stays as it is"));
    }
};

}  // namespace

void applyRanks(Decoder& model, const std::vector<Decomposition>& decompositions,
                const std::vector<std::int64_t>& ranks, const MatrixSelection& selection) {
    const std::vector<Linear*> matrices = model.matrices(selection);
    for (std::size_t i = 0; i < matrices.size(); ++i)
        matrices[i]->replace(formAt(*matrices[i], decompositions[i], ranks[i]));
}

void applyCut(Decoder& model, const AnalysisResult& analysis, const CutPlan& plan,
              const MatrixSelection& selection) {
    applyRanks(model, analysis.decompositions, plan.ranks, selection);
    applyWidths(model, analysis, plan.widths);
}

Result<bool> applyBlocks(Decoder& model, const AnalysisResult& analysis,
                         const std::vector<std::int64_t>& ranks, const MatrixSelection& selection,
                         const RunContext& context) {
    std::vector<BlockCut> cuts;
    const std::vector<Linear*> matrices = model.matrices(selection);
    for (std::size_t i = 0; i < matrices.size(); ++i)
        if (ranks[i] != 0)
            cuts.push_back({matrices[i], analysis.decompositions[i], ranks[i],
                            analysis.analysis->matrices[i].parametersAt(0)});
    return makeBlocks(cuts.size(), {[&](std::size_t i) { return cuts[i].begin(); },
                                    [&](std::size_t i, const IdentityBlock& block) {
                                        cuts[i].take(block, context);
                                    },
                                    [&] { return !context.cancelled(); }});
}

Result<DenseReference> beginCut(Decoder& model, const PruneSpec& spec,
                                const AnalysisResult& analysis,
                                const std::optional<DenseReference>& known) {
    if (analysis.fused.size() == model.layers.size()) SKD_CHECK(model.fuseGateUp(analysis.fused));
    DenseReference reference = known ? *known : denseReference(model, spec);
    if (model.matrixInfos(reference.selection).size() != analysis.decompositions.size())
        return fail(ErrorCode::InvalidInput,
                    "the analysis does not belong to this model: it has other matrices; analyse "
                    "the model with the same \"prune.targets\"");
    return reference;
}

RankBase rankBase(const Decoder& model, const DenseReference& reference,
                  const AnalysisResult& analysis, std::uint64_t seed) {
    std::int64_t weights = 0;
    for (const MatrixSpectrum& matrix : analysis.analysis->matrices)
        weights += matrix.parametersAt(0);
    return {reference.targetParameters, model.parameterCount(reference.selection) - weights, seed};
}

Result<PruneReport> prune(Decoder& model, const PruneSpec& spec, const AnalysisResult& analysis,
                          const RunContext& context, const PruneOptions& options) {
    SKD_TRY(const DenseReference reference, beginCut(model, spec, analysis, options.reference));
    RankBase base = rankBase(model, reference, analysis, context.seed);
    RankTimes latency;
    if (spec.cost == PruneCost::Latency) {
        SKD_TRY(latency,
                latencyCosts(*analysis.analysis,
                             options.timings != nullptr ? *options.timings : BreakEvenTable(),
                             spec.costBatch));
        base.latency = &latency;
    }
    SKD_TRY(RankChoice choice, choose(model, spec, analysis, base, {options.evaluate, context}));
    const std::vector<std::int64_t>& ranks = choice.plan.ranks;
    if (ranks.empty() || context.cancelled()) return cancelledReport();
    if (spec.form == MatrixForm::IdentityBlock) {
        SKD_TRY(const bool done, applyBlocks(model, analysis, ranks, reference.selection, context));
        if (!done) return cancelledReport();
        applyWidths(model, analysis, choice.plan.widths);
    } else
        applyCut(model, analysis, choice.plan, reference.selection);
    PruneReport report = reportOf(model, reference);
    report.details = std::move(choice.details);
    describe(report, spec, analysis);
    if (spec.mlpArm != MlpArm::Factored) {
        report.details["channels"] = mlpWidthsOf(model);
        logWidths(choice.plan, analysis, context);
    }
    if (spec.cost == PruneCost::Latency)
        report.details.update(
            latencyDetails(*analysis.analysis, latency, ranks, *options.timings, spec.costBatch));
    warnIfOff(report, spec, context);
    warnIfSlower(ranks, spec, analysis, options.timings, context);
    context.emit(RanksChosen{context.run, report.ranks});
    return report;
}

}  // namespace skd
