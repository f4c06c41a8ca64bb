#include "run/cut.h"

#include <c10/core/GradMode.h>

#include <cmath>

#include "base/text.h"
#include "library/latency_tables.h"
#include "model/head_scoring.h"
#include "prune/direct.h"
#include "prune/svd/prune.h"
#include "run/stage_scope.h"
#include "spec/spec_identity.h"

namespace skd {
namespace {

/// Tokens for the gate's KL; their distributions are held whole.
constexpr std::int64_t kGateTokens = 512;
/// Smaller cuts tried before a raised round gives up.
constexpr int kGateTrials = 6;

at::Tensor finalRows(const Decoder& model, const std::vector<at::Tensor>& sequences) {
    std::vector<at::Tensor> rows;
    for (const at::Tensor& ids : sequences)
        rows.push_back(model.hiddenStates(ids.to(model.device()).unsqueeze(0))[0]);
    return at::cat(rows, 0);
}

std::vector<at::Tensor> gateSequences(const RunWork& work) {
    PruneSpec spec = work.spec.prune;
    spec.probeTokens = kGateTokens;
    return analysisInput(work.model.summary, *work.corpus, spec).probeSequences;
}

/// How far a cut moves the output; made once per model before the cut.
class Gate {
public:
    Gate(const Decoder& before, std::vector<at::Tensor> sequences)
        : m_sequences(std::move(sequences)),
          m_before(finalRows(before, m_sequences), before.head) {}
    [[nodiscard]] double kl(const Decoder& after) const {
        return m_before.meanKl(finalRows(after, m_sequences), after.head);
    }

private:
    std::vector<at::Tensor> m_sequences;
    OutputDistribution m_before;
};

Result<PruneReport> pruneWithoutSpectra(RunWork& work, Decoder& candidate, const PruneSpec& spec,
                                        const CalibrationSet& calibration) {
    StageScope pruning(work.context, Stage::Prune, strCat("prune by ", enumName(spec.method)));
    SKD_TRY(PruneReport report,
            pruneDirect(candidate, spec, calibration, work.dense, work.context));
    if (!report.cancelled) pruning.finish(report.toJson());
    return report;
}

/// Measured times of the matrices: all that the cut needs where ranks are chosen for time, else
/// what the workspace happens to know.
Result<BreakEvenTable> timingsFor(const RunWork& work, const Decoder& model) {
    const PruneSpec& spec = work.spec.prune;
    if (spec.cost != PruneCost::Latency) {
        auto known = knownBreakEven(model, work.paths);
        if (!known)
            work.context.log(log::Level::Warning,
                             known.error().message);  // only a warning hangs on it
        return known.value_or(BreakEvenTable());
    }
    StageScope stage(work.context, Stage::Analyse, "time of dense and factored matrices");
    SKD_TRY(BreakEvenTable table, completeBreakEven(model, {selectionOf(spec.targets), spec.form},
                                                    {spec.costBatch}, work.paths, work.context));
    stage.finish();
    return table;
}

Result<PruneReport> pruneTo(RunWork& work, Decoder& candidate, double target) {
    PruneSpec spec = work.spec.prune;
    spec.target = target;
    ModelSummary summary = work.model.summary;
    summary.weightsSha256 = work.student.sha256;
    const AnalysisInput input = analysisInput(summary, *work.corpus, spec);
    if (spec.method != PruneMethod::Svd)
        return pruneWithoutSpectra(work, candidate, spec, input.calibration);
    StageScope stage(work.context, Stage::Analyse, "spectra and load path");
    SKD_TRY(const AnalysisResult analysis,
            analyse(candidate, spec, input, SpectrumCache(work.paths.spectra()), work.context));
    PruneReport cancelled;
    cancelled.cancelled = true;
    if (!analysis.analysis) return cancelled;
    stage.finish();
    work.chargeCached(
        Stage::Analyse,
        strCat(work.student.sha256, " ", work.corpus->sha256(), " ", dumpJson(specIdentity(spec))),
        stage.seconds());
    SKD_TRY(const BreakEvenTable timings, timingsFor(work, candidate));
    if (work.isStopped()) return cancelled;
    StageScope pruning(work.context, Stage::Prune, "prune");
    const auto evaluate = [&work](const Decoder& tried) {
        return work.scorer->live(tried, work.context);
    };
    SKD_TRY(PruneReport report,
            prune(candidate, spec, analysis, work.context, {work.dense, evaluate, &timings}));
    if (!report.cancelled) pruning.finish(report.toJson());
    return report;
}

void recordTrial(RunWork& work, const CutTrial& trial, std::int64_t number, double limit) {
    if (std::isnan(trial.kl)) return;
    work.context.emit(MetricBatch{
        work.context.run,
        {{"gate.kl", number, trial.kl}, {"gate.removed", number, trial.report.targetRemoved}}});
    work.context.log(
        trial.accepted ? log::Level::Info : log::Level::Warning,
        strCat("gate: removing ", formatNumber(trial.report.targetRemoved * 100, 3),
               " % moves the output by ", formatNumber(trial.kl, 4),
               " nats per token; the limit is ", limit, trial.accepted ? "" : ": refused"));
}

}  // namespace

Result<std::optional<CutTrial>> cutThroughGate(RunWork& work, std::size_t round, double target) {
    const c10::NoGradGuard noGradient;
    const ScheduleSpec& schedule = work.spec.schedule;
    std::optional<Gate> gate;
    if (schedule.gate) gate.emplace(work.student.decoder, gateSequences(work));
    const double already = reportOf(work.student.decoder, work.dense).targetRemoved;
    auto number = static_cast<std::int64_t>(round - 1) * kGateTrials;
    CutTrial trial;
    for (int attempt = 0; attempt < kGateTrials; ++attempt) {
        trial.decoder = work.student.decoder.clone();
        SKD_TRY(trial.report, pruneTo(work, trial.decoder, target));
        if (trial.report.cancelled || work.isStopped()) return std::optional<CutTrial>();
        trial.kl = gate ? gate->kl(trial.decoder) : std::nan("");
        // A KL that is not finite is past every limit.
        trial.accepted = !gate || trial.kl <= schedule.gateKl;
        recordTrial(work, trial, ++number, schedule.gateKl);
        if (trial.accepted || schedule.gateAction == GateAction::RollBack) break;
        target = (already + target) / 2;
    }
    return std::optional(std::move(trial));
}

}  // namespace skd
