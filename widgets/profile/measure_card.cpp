#include "profile/measure_card.h"

#include <QCheckBox>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QStackedWidget>
#include <QTabBar>
#include <algorithm>
#include <cmath>

#include "controls/build.h"
#include "controls/card.h"
#include "controls/model_picker.h"
#include "profile/kept_measurements.h"
#include "style/format.h"

namespace skd {

MeasureCard::MeasureCard(ModelNames& names, QWidget* parent) : QFrame(parent), m_names(names) {
    setObjectName(QStringLiteral("card"));
    setAccessibleName(tr("Measure"));
    buildFields();
    buildButtons();
    buildLayout();
    connect(m_tabs, &QTabBar::currentChanged, this, [this](int tab) {
        m_fields->setCurrentIndex(tab);
        m_problem.clear();
        showButtons();
        Q_EMIT kindChanged();
    });
    connect(&m_names, &ModelNames::changed, this, &MeasureCard::showRuns);
    showRuns();
}

MeasureCard::Kind MeasureCard::kind() const {
    return static_cast<Kind>(m_tabs->currentIndex());
}

void MeasureCard::buildFields() {
    m_tabs = named(new QTabBar(this), "profile.tabs", tr("What is measured"));
    m_tabs->setProperty("inner", true);
    m_tabs->setExpanding(false);
    m_tabs->addTab(tr("Where the time goes"));
    m_tabs->addTab(tr("Against batch"));
    m_model =
        named(new ModelPicker(tr("First model"), tr("the model others are compared with"), this),
              "profile.model");
    m_withRuns = named(new QCheckBox(this), "profile.withRuns");
    m_withRuns->setChecked(true);
    m_fields = new QStackedWidget(this);
    m_fields->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Preferred);
    m_fields->addWidget(profileFields());
    m_fields->addWidget(benchmarkFields());
    connect(m_model, &ModelPicker::pathChanged, this, &MeasureCard::showButtons);
    connect(m_withRuns, &QCheckBox::toggled, this, &MeasureCard::showButtons);
}

QSpinBox* MeasureCard::addNumber(QHBoxLayout* row, const char* key, const QString& name,
                                 const QString& tip, int low, int high, int value) {
    auto* box = makeNumber<QSpinBox>(key, name, tip, low, high, value, 52, row->parentWidget());
    addAll(row, {gap(4), makeLabel(name, TextRole::Small, "secondary", row->parentWidget()), box});
    return box;
}

QWidget* MeasureCard::profileFields() {
    auto* fields = new QWidget(m_fields);
    auto* row = makeRow(6, fields);
    row->addStretch(1);
    m_batch =
        addNumber(row, "profile.batch", tr("batch"), tr("sequences per forward pass"), 1, 4096, 8);
    m_length =
        addNumber(row, "profile.length", tr("length"), tr("tokens per sequence"), 1, 1 << 20, 256);
    m_rounds = addNumber(row, "profile.rounds", tr("rounds"),
                         tr("forward passes that are timed; the models take turns"), 1, 1000, 5);
    return fields;
}

QWidget* MeasureCard::benchmarkFields() {
    auto* fields = new QWidget(m_fields);
    auto* row = makeRow(6, fields);
    row->addStretch(1);
    m_batches =
        named(new QLineEdit(QStringLiteral("1, 4, 16"), fields), "profile.batches", tr("Batches"));
    m_batches->setToolTip(tr("sequences answered at once, separated by commas"));
    m_batches->setFixedWidth(92);
    row->addWidget(makeLabel(tr("batches"), TextRole::Small, "secondary", fields));
    row->addWidget(m_batches);
    m_prompt = addNumber(row, "profile.prompt", tr("prompt"), tr("tokens read per sequence"), 1,
                         1 << 20, 128);
    m_generate = addNumber(row, "profile.generate", tr("generate"),
                           tr("tokens written per sequence"), 2, 1 << 20, 16);
    m_benchmarkRounds = addNumber(row, "profile.benchmarkRounds", tr("rounds"),
                                  tr("the models take turns within each round"), 1, 1000, 5);
    connect(m_batches, &QLineEdit::textChanged, this, &MeasureCard::showButtons);
    return fields;
}

void MeasureCard::buildButtons() {
    m_start = makePrimary(tr("Measure"), "profile.start", {}, this);
    m_stop = makeButton(tr("Stop"), "profile.stop",
                        tr("Stops the measurement; nothing of it is kept"), this);
    m_trace = makeButton(tr("Save trace…"), "profile.trace",
                         tr("The time lines as a Chrome trace, for ui.perfetto.dev"), this);
    m_delete = makeButton(tr("Delete"), "profile.delete",
                          tr("Deletes this measurement from the workspace; can be undone"), this);
    m_kept = named(new QComboBox(this), "profile.kept", tr("Measurements that are kept"));
    m_kept->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_kept->setMinimumContentsLength(36);
    m_line = makeLabel({}, TextRole::Small, "secondary", this, "profile.line");
    m_line->setAccessibleName(tr("State of the measurement"));
    m_line->setMinimumWidth(10);
    m_progress =
        named(new QProgressBar(this), "profile.progress", tr("Progress of the measurement"));
    m_progress->setTextVisible(false);
    m_progress->setFixedWidth(220);
    connect(m_start, &QPushButton::clicked, this, &MeasureCard::startRequested);
    connect(m_stop, &QPushButton::clicked, this, &MeasureCard::stopRequested);
    connect(m_trace, &QPushButton::clicked, this, &MeasureCard::traceRequested);
    connect(m_delete, &QPushButton::clicked, this, &MeasureCard::deleteRequested);
    connect(m_kept, &QComboBox::activated, this, [this](int index) {
        Q_EMIT keptChosen(MeasurementId(m_kept->itemData(index).toLongLong()));
    });
}

void MeasureCard::buildLayout() {
    auto* column = makeColumn(6, this, {12, 6, 12, 8});
    auto* top = addAll(makeRow(6), {m_tabs, rest(), m_kept, m_trace, m_delete});
    auto* bottom = makeRow(6);
    m_withRuns->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    addAll(bottom, {{m_model, 1}, {m_withRuns, 1}, m_fields, m_start, m_stop});
    auto* state = addAll(makeRow(6), {m_progress, {m_line, 1}});
    addAll(column, {top, bottom, state});
}

void MeasureCard::setModels(const QStringList& paths) {
    const bool untouched = !m_model->touched();
    m_model->setChoices(paths, [this](const QString& path) { return m_names.title(path); });
    if (untouched && !paths.isEmpty()) m_model->setPath(paths.front());
    showButtons();
}

void MeasureCard::setRuns(const std::vector<RunId>& runs) {
    m_runIds = runs;
    showRuns();
}

void MeasureCard::showRuns() {
    QStringList titles;
    for (RunId run : m_runIds) titles << m_names.shortTitle(ModelNames::pathOf(run));
    m_withRuns->setEnabled(!m_runIds.empty());
    m_runsText = m_runIds.empty() ? tr("and runs: select some in the list")
                                  : tr("and %1").arg(titles.join(QStringLiteral(", ")));
    elideRuns();
    m_withRuns->setToolTip(tr("The models of the runs that are selected in the list of runs:\n%1")
                               .arg(titles.join(QLatin1Char('\n'))));
    showButtons();
}

void MeasureCard::elideRuns() {
    constexpr int kBox = 26;  // px of the box itself
    m_withRuns->setText(m_withRuns->fontMetrics().elidedText(
        m_runsText, Qt::ElideRight, std::max(40, m_withRuns->width() - kBox)));
    m_withRuns->setAccessibleName(m_runsText);
}

void MeasureCard::resizeEvent(QResizeEvent* event) {
    QFrame::resizeEvent(event);
    elideRuns();
}

void MeasureCard::showKept(const KeptMeasurements& kept) {
    const QSignalBlocker quiet(m_kept);
    m_kept->clear();
    for (const MeasurementRow& row : kept.rows()) {
        QStringList names;
        // "profile A, run:3": what was measured comes after the kind
        for (const QString& path : QString::fromStdString(row.title)
                                       .section(QLatin1Char(' '), 1)
                                       .split(QStringLiteral(", ")))
            names << m_names.shortTitle(path);
        m_kept->addItem(QStringLiteral("%1 · %2").arg(formatTime(row.createdMs),
                                                      names.join(QStringLiteral(", "))),
                        static_cast<qlonglong>(row.id.value()));
    }
    if (kept.rows().empty()) m_kept->addItem(tr("nothing measured yet"));
    m_kept->setEnabled(!kept.rows().empty());
    m_kept->setCurrentIndex(
        std::max(0, m_kept->findData(static_cast<qlonglong>(kept.current().value()))));
    m_kept->setToolTip(m_kept->currentText());
    showButtons();
}

void MeasureCard::showState(const TaskRunner& runner, const QString& reason) {
    m_reason = reason;
    m_busy = runner.busy();
    if (m_busy) m_problem.clear();
    const double share = runner.share();
    m_progress->setRange(0, share < 0 ? 0 : 1000);
    if (share >= 0)
        m_progress->setValue(static_cast<int>(std::lround(1000 * std::min(share, 1.0))));
    m_progress->setVisible(runner.state() == TaskRunner::State::Running);
    m_line->setText(runner.line());
    showButtons();
}

void MeasureCard::showProblem(const QString& text) {
    m_problem = text;
    showButtons();
}

QString MeasureCard::problem() const {
    if (!m_reason.isEmpty()) return m_reason;
    if (models().empty()) return tr("Choose a model first.");
    if (kind() == Kind::Benchmark && batches().empty())
        return tr("Batches are whole numbers from 1 on, separated by commas.");
    return {};
}

void MeasureCard::showButtons() {
    const QString why = problem();
    m_start->setEnabled(!m_busy && why.isEmpty());
    m_start->setVisible(!m_busy);
    m_stop->setVisible(m_busy);
    m_start->setToolTip(why.isEmpty() ? tr("Measures these models now, or when the engine is free")
                                      : why);
    m_trace->setVisible(kind() == Kind::Profile);
    const bool shown = m_kept->isEnabled();
    m_trace->setEnabled(shown);
    m_delete->setEnabled(shown && m_reason.isEmpty());
    if (!m_busy) m_line->setText(m_problem.isEmpty() ? why : m_problem);
    setTone(m_line, m_problem.isEmpty() ? "secondary" : "bad");
    m_line->setToolTip(m_line->text());  // whole where the line is too short for it
    m_line->setVisible(!m_line->text().isEmpty());
}

std::vector<std::string> MeasureCard::models() const {
    std::vector<std::string> paths;
    if (!m_model->path().isEmpty()) paths.push_back(m_model->path().toStdString());
    if (m_withRuns->isChecked())
        for (RunId run : m_runIds)
            if (const std::string path = ModelNames::pathOf(run).toStdString();
                std::find(paths.begin(), paths.end(), path) == paths.end())
                paths.push_back(path);
    return paths;
}

std::vector<std::int64_t> MeasureCard::batches() const {
    std::vector<std::int64_t> sizes;
    for (const QString& part : m_batches->text().split(QLatin1Char(','), Qt::SkipEmptyParts)) {
        bool number = false;
        const qint64 size = part.trimmed().toLongLong(&number);
        if (!number || size < 1) return {};
        sizes.push_back(size);
    }
    std::sort(sizes.begin(), sizes.end());
    sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
    return sizes;
}

TaskRequest MeasureCard::request() const {
    if (kind() == Kind::Profile) {
        ProfileTask task;
        task.request.models = models();
        task.request.batch = m_batch->value();
        task.request.length = m_length->value();
        task.request.rounds = m_rounds->value();
        return task;
    }
    BenchmarkTask task;
    task.request.models = models();
    task.request.batches = batches();
    task.request.prompt = m_prompt->value();
    task.request.generate = m_generate->value();
    task.request.rounds = m_benchmarkRounds->value();
    return task;
}

}  // namespace skd
