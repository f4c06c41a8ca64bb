#include "profile/profile_page.h"

#include <QFileDialog>
#include <QGridLayout>
#include <QStackedWidget>
#include <algorithm>

#include "base/files.h"
#include "bridge/workspace_command.h"
#include "profile/benchmark_view.h"
#include "profile/breakdown_card.h"
#include "profile/profile_cards.h"
#include "store/measurement_codec.h"

namespace skd {

ProfilePage::ProfilePage(const PageContext& context, QWidget* parent)
    : LivePage(parent),
      m_context(context),
      m_names(context.workspace),
      m_runner(context.workspace, context.monitor) {
    m_kept = {new KeptMeasurements(context.workspace, "profile", this),
              new KeptMeasurements(context.workspace, "benchmark", this)};
    m_measure = new MeasureCard(m_names, this);
    buildLayout();
    connectParts();
    connectMeasure();
    showState();
}

void ProfilePage::buildLayout() {
    const QString how =
        m_context.workspace.readOnly()
            ? tr("No measurement is kept in this workspace. %1, so none can be made here.")
                  .arg(m_context.workspace.readOnlyText())
            : tr("Nothing measured yet. Choose a model, select runs beside it in the list of runs, "
                 "and press Measure.");
    auto* bars = new BreakdownCard(m_state, m_names, how, this);
    m_benchmark = new BenchmarkView(m_names, how, this);
    auto* column = makeLayout<QVBoxLayout>();
    m_views = new QStackedWidget(this);
    auto* breakdown = new QWidget(m_views);
    auto* grid = new QGridLayout(breakdown);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setSpacing(12);
    grid->addWidget(bars, 0, 0, 1, 2);
    grid->addWidget(makeModuleTableCard(m_state, m_names, breakdown), 1, 0);
    grid->addWidget(makeSpeedUpCard(m_state, m_names, breakdown), 1, 1);
    grid->addWidget(makeTimeLineCard(m_state, m_names, breakdown), 2, 0, 1, 2);
    grid->setColumnStretch(0, 60);
    grid->setColumnStretch(1, 40);
    grid->setRowStretch(0, 38);
    grid->setRowStretch(1, 36);
    grid->setRowStretch(2, 26);
    m_views->addWidget(breakdown);
    m_views->addWidget(m_benchmark);
    column->addWidget(m_measure);
    column->addWidget(m_views, 1);
    setFocusProxy(m_measure->findChild<QWidget*>(QStringLiteral("profile.model")));
}

void ProfilePage::connectParts() {
    connect(&m_context.selection, &RunSelection::changed, this, &ProfilePage::markDirty);
    connect(&m_context.workspace, &Workspace::runsChanged, this, &ProfilePage::markDirty);
    connect(&m_context.monitor, &RunMonitor::modelOpened, this, &ProfilePage::markDirty);
    connect(&m_context.curves, &RunCurvesCache::changed, this, [this](RunId run) {
        if (run == m_context.selection.current()) markDirty();
    });
    connect(&m_runner, &TaskRunner::changed, this, &ProfilePage::showState);
    connect(&m_runner, &TaskRunner::finished, this, &ProfilePage::onFinished);
    connect(&m_runner, &TaskRunner::failed, m_measure, &MeasureCard::showProblem);
    for (auto kind : {MeasureCard::Kind::Profile, MeasureCard::Kind::Benchmark}) {
        connect(&kept(kind), &KeptMeasurements::listChanged, this, &ProfilePage::showKind);
        connect(&kept(kind), &KeptMeasurements::chosen, this,
                [this, kind](MeasurementId id) { load(id, kind); });
    }
    connect(&m_names, &ModelNames::changed, this, [this] {
        showKind();
        markDirty();
    });
}

void ProfilePage::connectMeasure() {
    connect(m_measure, &MeasureCard::kindChanged, this, &ProfilePage::showKind);
    connect(m_measure, &MeasureCard::startRequested, this, [this] {
        m_started = m_measure->kind();
        m_runner.start(m_measure->request());
    });
    connect(m_measure, &MeasureCard::stopRequested, &m_runner, &TaskRunner::cancel);
    connect(m_measure, &MeasureCard::keptChosen, this,
            [this](MeasurementId id) { kept(m_measure->kind()).choose(id); });
    connect(m_measure, &MeasureCard::deleteRequested, this, &ProfilePage::removeShown);
    connect(m_measure, &MeasureCard::traceRequested, this, &ProfilePage::askTrace);
}

void ProfilePage::showKind() {
    m_views->setCurrentIndex(static_cast<int>(m_measure->kind()));
    m_measure->showKept(kept(m_measure->kind()));
}

void ProfilePage::showState() {
    m_measure->showState(
        m_runner,
        m_context.workspace.readOnly()
            ? tr("%1, so nothing can be measured here.").arg(m_context.workspace.readOnlyText())
            : QString());
}

QStringList ProfilePage::knownModels() const {
    QStringList paths;
    // Where the faders of the Carve page stand.
    if (const QString shown = asText(m_context.shownSpec().model.path); ModelNames::isSlice(shown))
        paths << shown;
    const auto add = [&paths](const QString& path) {
        if (!path.isEmpty() && !path.startsWith(QLatin1String("run:")) && !paths.contains(path))
            paths << path;
    };
    add(m_context.monitor.openModelPath());
    const Json& spec = m_context.curves.curves(m_context.selection.current()).details.spec;
    if (const auto parsed = parseRunSpec(spec)) add(QString::fromStdString(parsed->model.path));
    add(QString::fromStdString(ModelRef().path));
    return paths;
}

void ProfilePage::refresh() {
    m_names.refresh();
    for (KeptMeasurements* list : m_kept)
        if (!list->loaded()) list->refresh();
    std::vector<RunId> runs = m_context.selection.others();
    if (m_context.selection.current() != RunId())
        runs.insert(runs.begin(), m_context.selection.current());
    m_measure->setRuns(runs);
    m_measure->setModels(knownModels());
}

void ProfilePage::onFinished(const TaskFinished& event) {
    if (event.cancelled) return m_measure->showProblem(tr("Stopped; nothing of it is kept."));
    kept(m_started).refresh(event.measurement);
    Q_EMIT context(tr("Measured; the figures are kept in the workspace."));
}

/// Shows what `read` makes of a measurement's document: nothing where there is none.
template <class Shown, class Read, class Show>
void ProfilePage::loadAs(MeasurementId id, MeasureCard::Kind kind, Read read, Show show) {
    MeasurementId& loading = m_loading[static_cast<std::size_t>(kind)];
    loading = id;
    if (id == MeasurementId()) return show(Shown());
    m_context.workspace.reader().ask(
        this,
        [id, read](const RunStore& store) -> Result<Shown> {
            SKD_TRY(const MeasurementRow row, store.measurement(id));
            return read(row.document);
        },
        [this, &loading, id, show](Result<Shown> shown) {
            if (loading != id) return;  // another one was chosen meanwhile
            loading = {};
            show(shown ? *shown : Shown());
            if (!shown) m_measure->showProblem(QString::fromStdString(shown.error().message));
        });
}

void ProfilePage::load(MeasurementId id, MeasureCard::Kind kind) {
    if (kind == MeasureCard::Kind::Profile)
        loadAs<ShownProfilePtr>(
            id, kind,
            [](const Json& document) { return readProfile(document).map(prepareProfile); },
            [this](const ShownProfilePtr& profile) { m_state.setProfile(profile); });
    else
        loadAs<BenchmarkReport>(id, kind, readBenchmark, [this](const BenchmarkReport& report) {
            m_benchmark->setReport(report);
        });
}

void ProfilePage::removeShown() {
    const MeasureCard::Kind kind = m_measure->kind();
    m_context.workspace.reader().ask(
        this, [id = kept(kind).current()](const RunStore& store) { return store.measurement(id); },
        [this, kind](Result<MeasurementRow> row) {
            if (!row) return m_measure->showProblem(QString::fromStdString(row.error().message));
            m_undo.push(new WorkspaceCommand(
                m_context.workspace, tr("delete %1").arg(QString::fromStdString(row->title)),
                {RemoveMeasurement{row->id}}, {KeepMeasurement{*row}},
                [this, kind](std::int64_t now) { kept(kind).refresh(MeasurementId(now)); }));
        });
}

void ProfilePage::askTrace() {
    const QString file = QFileDialog::getSaveFileName(this, tr("Save the time lines"),
                                                      QStringLiteral("profile.trace.json"),
                                                      tr("Chrome trace (*.json)"));
    if (!file.isEmpty()) saveTrace(file);
}

bool ProfilePage::saveTrace(const QString& file) {
    if (!m_state.profile()) return false;
    const Status written =
        writeFileAtomically(file.toStdString(), chromeTrace(m_state.profile()->report));
    if (!written)
        m_measure->showProblem(QString::fromStdString(written.error().message));
    else
        Q_EMIT context(tr("The time lines are in %1; ui.perfetto.dev opens them.").arg(file));
    return written.has_value();
}

bool ProfilePage::settled() const {
    return LivePage::settled() && m_names.loaded() && m_kept[0]->loaded() && m_kept[1]->loaded() &&
           m_loading[0] == MeasurementId() && m_loading[1] == MeasurementId();
}

}  // namespace skd
