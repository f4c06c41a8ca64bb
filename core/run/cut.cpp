#include "run/cut.h"

#include <c10/core/GradMode.h>

#include <cmath>
#include <numeric>

#include "base/record.h"
#include "base/statistics.h"
#include "base/text.h"
#include "library/latency_tables.h"
#include "model/head_scoring.h"
#include "prune/direct.h"
#include "prune/svd/prune.h"
#include "run/elastic_student.h"
#include "run/stage_scope.h"
#include "spec/spec_identity.h"

namespace skd {
namespace {

std::vector<at::Tensor> gateSequences(const RunWork& work) {
    PruneSpec spec = work.spec.prune;
    spec.probeTokens = work.spec.schedule.gateTokens;
    return analysisInput(work.model.summary, *work.corpus, spec).probeSequences;
}

OutputDistribution distributionOf(const ModelOutput& output) {
    return {output.rows, output.head};
}

/// The student is still the model that the run started from.
bool isOriginal(const RunWork& work) {
    return work.student.sha256 == work.model.summary.weightsSha256;
}

bool probesReadOriginal(const RunWork& work) {
    return work.spec.prune.probeReference == KlReference::Original;
}

/// Not finite where a value is not.
double meanOf(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// The mean over tokens; its error is by blocks of the sequences they are of: tokens that follow
/// each other are no evidence each.
OutputDistance distanceOf(const std::vector<double>& values,
                          const std::vector<at::Tensor>& sequences) {
    static constexpr std::int64_t kBlock = 64;
    std::vector<Cluster> blocks;
    std::size_t token = 0;
    for (const at::Tensor& sequence : sequences)
        for (std::int64_t i = 0; i < sequence.size(0); ++i, ++token) {
            if (i % kBlock == 0) blocks.push_back({0, 0, i > 0});
            blocks.back().value += values[token];
            blocks.back().weight += 1;
        }
    const RatioError error = ratioError(blocks);
    return {meanOf(values), error.standardError, error.halfWidth()};
}

/// How far a cut moves the output; made once per model before the cut.
class Gate {
public:
    Gate(const RunWork& work, const Decoder& before)
        : m_schedule(work.spec.schedule),
          m_sequences(gateSequences(work)),
          m_before(distributionOf(outputOf(before, m_sequences))) {
        if (!isOriginal(work)) m_original.emplace(distributionOf(work.originalAtGate));
    }

    /// Measures a trial, and says whether it passes, and why not.
    void judge(CutTrial& trial) const {
        const ModelOutput after = outputOf(trial.decoder, m_sequences);
        trial.before = distanceOf(m_before.tokenKl(after.rows, after.head), m_sequences);
        trial.original = m_original
                             ? distanceOf(m_original->tokenKl(after.rows, after.head), m_sequences)
                             : trial.before;
        const bool toOriginal = m_schedule.gateReference == KlReference::Original;
        const double limited = (toOriginal ? trial.original : trial.before).kl;
        trial.accepted = limited <= m_schedule.gateKl;  // what is not finite is past every limit
        if (!trial.accepted) trial.refusal = refusalOf(limited, toOriginal);
    }

private:
    [[nodiscard]] std::string refusalOf(double kl, bool toOriginal) const {
        return strCat("its cut moved the output by ", dumpJson(finiteOrNull(kl)), " nats per token",
                      toOriginal ? " from the original model's" : "", ", the limit is ",
                      m_schedule.gateKl);
    }

    const ScheduleSpec& m_schedule;
    std::vector<at::Tensor> m_sequences;
    OutputDistribution m_before;
    std::optional<OutputDistribution> m_original;  ///< none: it is the model before the cut
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
    AnalysisInput input = analysisInput(summary, *work.corpus, spec);
    input.identity = work.keyOf(work.student.sha256);
    if (probesReadOriginal(work) && !isOriginal(work)) input.reference = work.originalAtProbes;
    if (spec.method != PruneMethod::Svd)
        return pruneWithoutSpectra(work, candidate, spec, input.calibration);
    StageScope stage(work.context, Stage::Analyse, "spectra and load path");
    SKD_TRY(const AnalysisResult analysis,
            analyse(candidate, spec, input, SpectrumCache(work.paths.spectra()), work.context));
    PruneReport cancelled;
    cancelled.cancelled = true;
    if (!analysis.analysis) return cancelled;
    stage.finish();
    work.chargeCached(Stage::Analyse,
                      strCat(work.keyOf(work.student.sha256), " ", work.corpus->sha256(), " ",
                             dumpJson(specIdentity(spec))),
                      stage.seconds());
    if (work.spec.elastic.isOn()) {
        StageScope pruning(work.context, Stage::Prune, "prune to all sizes");
        SKD_TRY(PruneReport report, cutToSizes(work, candidate, analysis));
        if (!report.cancelled) pruning.finish(report.toJson());
        return report;
    }
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

void recordTrial(RunWork& work, const CutTrial& trial, std::int64_t number) {
    work.context.emit(MetricBatch{work.context.run,
                                  {{"gate.kl", number, trial.before.kl},
                                   {"gate.original_kl", number, trial.original.kl},
                                   {"gate.removed", number, trial.report.targetRemoved}}});
    const auto distance = [](const OutputDistance& d) {
        return strCat(formatNumber(d.kl, 4), std::isfinite(d.halfWidth)
                                                 ? strCat(" ± ", formatNumber(d.halfWidth, 4))
                                                 : std::string());
    };
    work.context.log(trial.accepted ? log::Level::Info : log::Level::Warning,
                     strCat("gate: removing ", formatNumber(trial.report.targetRemoved * 100, 3),
                            " % moves the output by ", distance(trial.before),
                            " nats per token, from the original model's by ",
                            distance(trial.original), " (95 %); the limit is ",
                            work.spec.schedule.gateKl, trial.accepted ? "" : ": refused"));
}

/// Nothing when cancelled.
Result<std::optional<CutTrial>> tryCut(RunWork& work, double target) {
    CutTrial trial;
    trial.decoder = work.student.decoder.clone();
    SKD_TRY(trial.report, pruneTo(work, trial.decoder, target));
    if (trial.report.cancelled || work.isStopped()) return std::optional<CutTrial>();
    return std::optional(std::move(trial));
}

}  // namespace

void keepOriginalOutput(RunWork& work) {
    if (work.spec.schedule.gate)
        work.originalAtGate = outputOf(work.model.decoder, gateSequences(work));
    if (!probesReadOriginal(work)) return;
    work.originalAtProbes =
        outputOf(work.model.decoder,
                 analysisInput(work.model.summary, *work.corpus, work.spec.prune).probeSequences);
}

OutputDistance distanceToOriginal(const RunWork& work, const Decoder& model) {
    if (!work.originalAtGate.rows.defined()) return {};
    const std::vector<at::Tensor> sequences = gateSequences(work);
    const ModelOutput output = outputOf(model, sequences);
    return distanceOf(distributionOf(work.originalAtGate).tokenKl(output.rows, output.head),
                      sequences);
}

Result<std::optional<CutTrial>> cutThroughGate(RunWork& work, std::size_t round, double target) {
    const c10::NoGradGuard noGradient;
    const ScheduleSpec& schedule = work.spec.schedule;
    if (!schedule.gate) return tryCut(work, target);
    const Gate gate(work, work.student.decoder);
    double passed = reportOf(work.student.decoder, work.dense).targetRemoved, refused = target;
    std::int64_t number = (static_cast<std::int64_t>(round) - 1) * RoundSummary::kGateTrials;
    std::optional<CutTrial> best, worse;
    for (std::int64_t attempt = 0; attempt < RoundSummary::kGateTrials; ++attempt) {
        SKD_TRY(std::optional<CutTrial> trial, tryCut(work, target));
        if (!trial) return trial;
        gate.judge(*trial);
        recordTrial(work, *trial, ++number);
        const bool whole = trial->accepted && attempt == 0;
        if (whole || work.spec.elastic.isOn() || schedule.gateAction == GateAction::RollBack)
            return trial;
        // Between what passed and what did not: back as far as it must, then up again.
        (trial->accepted ? passed : refused) = target;
        (trial->accepted ? best : worse) = std::move(trial);
        target = (passed + refused) / 2;
    }
    if (!best) return worse;
    if (!best->report.ranks.empty())  // those of a refused one may have been said last
        work.context.emit(RanksChosen{work.context.run, best->report.ranks});
    return best;
}

}  // namespace skd
