#include "bridge/run_monitor.h"

#include <QCoreApplication>

#include "style/format.h"

namespace skd {

namespace {

/// "loading", "pruning": what a stage does, in words.
QString stageText(Stage stage) {
    static constexpr const char* kTexts[] = {QT_TRANSLATE_NOOP("Stage", "loading"),
                                             QT_TRANSLATE_NOOP("Stage", "measuring perplexity"),
                                             QT_TRANSLATE_NOOP("Stage", "caching the teacher"),
                                             QT_TRANSLATE_NOOP("Stage", "calibrating"),
                                             QT_TRANSLATE_NOOP("Stage", "analysing matrices"),
                                             QT_TRANSLATE_NOOP("Stage", "pruning"),
                                             QT_TRANSLATE_NOOP("Stage", "refining blocks"),
                                             QT_TRANSLATE_NOOP("Stage", "distilling"),
                                             QT_TRANSLATE_NOOP("Stage", "exporting"),
                                             QT_TRANSLATE_NOOP("Stage", "answering prompts")};
    return QCoreApplication::translate("Stage", kTexts[static_cast<std::size_t>(stage)]);
}

/// A model is opened to be carved: with weighted spectra and measured weights, whatever makes the
/// ranks that are on the page now.
RunSpec forCarving(RunSpec spec) {
    const PruneSpec standard;
    PruneSpec& prune = spec.prune;
    prune.method = PruneMethod::Svd;
    prune.ranks = RankRule::Budget;
    prune.weights = WeightRule::Measured;
    prune.cost = PruneCost::Parameters;
    if (prune.truncation == Truncation::Plain) prune.truncation = standard.truncation;
    prune.explicitRanks.clear();
    prune.locked.clear();
    return spec;
}

}  // namespace

RunMonitor::RunMonitor(Workspace& workspace, QObject* parent)
    : QObject(parent), m_workspace(workspace) {
    EventBridge& events = workspace.events();
    events.on<RunStarted>(this, [this](const RunStarted& e) {
        m_run = e.run;
        m_name = asText(e.name);
        m_progress.reset();
        setState(State::Running);
    });
    events.on<StageStarted>(this, [this](const StageStarted& e) {
        m_stageKind = e.stage;
        m_stage = e.detail.empty() ? stageText(e.stage) : asText(e.detail);
        m_progress.reset();
        Q_EMIT changed();
    });
    events.on<Progress>(this, [this](const Progress& e) {
        // A live perplexity inside distillation must not pass for the distillation's own progress.
        if (m_stageKind == Stage::Distill && e.stage != Stage::Distill) return;
        m_progress = e;
        Q_EMIT changed();
    });
    events.on<RunPaused>(this, [this](const RunPaused& e) {
        if (running() && m_state != State::Stopping)
            setState(e.paused ? State::Paused : State::Running);
    });
    events.on<AnalysisReady>(this, [this](const AnalysisReady& e) {
        if (e.run != RunId{}) return;
        m_openModel = m_openingModel.isEmpty() ? asText(e.analysis->model.path) : m_openingModel;
        Q_EMIT modelOpened();
    });
    events.on<StageFinished>(this, [this](const StageFinished& e) {
        // The dense perplexity is the last thing that opening a model does.
        if (e.run == RunId{} && e.stage == Stage::Evaluate && m_state == State::Loading)
            setState(State::Idle);
    });
    events.on<RunFinished>(this, [this](const RunFinished&) { setState(State::Idle); });
    events.on<RunFailed>(this, &RunMonitor::onFailed);
}

void RunMonitor::onFailed(const RunFailed& event) {
    if (event.run == RunId{}) m_openingModel.clear();
    setState(State::Idle);
    Q_EMIT failed(asText(event.error));
}

void RunMonitor::setState(State state) {
    m_state = state;
    if (state == State::Idle) {
        m_progress.reset();
        m_stage.clear();
    }
    Q_EMIT changed();
}

QString RunMonitor::line() const {
    if (m_state == State::Idle) return {};
    QStringList parts;
    if (running()) parts << m_name;
    if (m_state == State::Stopping)
        parts << tr("stopping, saving a checkpoint");
    else if (m_state == State::Paused)
        parts << tr("paused");
    else
        parts << (m_stage.isEmpty() ? tr("opening the model") : m_stage);
    if (m_progress && m_progress->total > 0) {
        const bool steps = m_progress->unit == "steps";
        parts << tr(steps ? "step %1 / %2" : "%1 / %2")
                     .arg(formatCount(m_progress->done), formatCount(m_progress->total));
        if (m_progress->secondsLeft >= 0)
            parts << tr("%1 left").arg(formatDuration(m_progress->secondsLeft));
        if (m_progress->perSecond > 0)
            parts << tr("%1 %2/s").arg(formatValue(m_progress->perSecond),
                                       asText(m_progress->unit));
    }
    return parts.join(QStringLiteral(" · "));
}

double RunMonitor::fraction() const {
    if (!m_progress || m_progress->total <= 0) return -1;
    return std::clamp(
        static_cast<double>(m_progress->done) / static_cast<double>(m_progress->total), 0.0, 1.0);
}

void RunMonitor::start(const RunSpec& spec) {
    if (!canRun()) return;
    const auto run = m_workspace.session()->start(spec);
    if (!run) Q_EMIT failed(asText(run.error()));
    Q_EMIT m_workspace.runsChanged();
}

void RunMonitor::openModel(const RunSpec& spec) {
    if (!canRun()) return;
    m_openingModel = asText(spec.model.path);
    m_stage.clear();
    if (!running()) setState(State::Loading);
    m_workspace.session()->openModel(forCarving(spec));
}

void RunMonitor::setPaused(bool paused) {
    if (m_steering.setPaused) return m_steering.setPaused(paused);
    if (canRun() && running()) m_workspace.session()->setPaused(paused);
}

void RunMonitor::stop() {
    if (m_steering.stop) return m_steering.stop();
    if (!canRun() || !running() || m_state == State::Stopping) return;
    setState(State::Stopping);
    m_workspace.session()->stop();
}

}  // namespace skd
