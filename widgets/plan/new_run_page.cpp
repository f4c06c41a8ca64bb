#include "plan/new_run_page.h"

#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QMenu>
#include <QStackedWidget>
#include <QToolButton>

#include "base/files.h"
#include "controls/card.h"
#include "controls/choice_button.h"
#include "plan/json_view.h"
#include "plan/spec_form.h"
#include "plan/start_card.h"
#include "spec/presets.h"
#include "style/theme.h"

namespace skd {

namespace {
constexpr int kStartWidth = 250;
constexpr std::size_t kRunsOffered = 20;
}  // namespace

NewRunPage::NewRunPage(const PageContext& context, QWidget* parent)
    : Page(parent), m_context(context) {
    setObjectName(QStringLiteral("page"));
    setAttribute(Qt::WA_StyledBackground);
}

void NewRunPage::showEvent(QShowEvent* event) {
    if (m_form == nullptr) {
        build();
        for (QWidget* card : findChildren<QWidget*>(Qt::FindDirectChildrenOnly))
            card->show();  // the page is visible already
        layout()->activate();
    }
    Page::showEvent(event);
}

void NewRunPage::build() {
    m_form = new SpecForm(m_draft, this);
    m_json = new JsonView(m_draft, this);
    m_start = new StartCard(m_draft, m_context.workspace, m_context.monitor, this);
    buildLayout();
    connect(m_view, &ChoiceButton::chosen, m_stack, &QStackedWidget::setCurrentIndex);
    connect(m_start, &StartCard::said, this, &Page::context);
    connect(m_start, &StartCard::fieldWanted, this, [this](const std::string& path) {
        m_view->setValue(0);
        m_stack->setCurrentIndex(0);
        m_form->showField(path);
    });
    connect(m_start, &StartCard::studyWanted, this,
            [this] { Q_EMIT offered(QStringLiteral("new-study"), m_draft.changes()); });
    setFocusProxy(&m_form->search());
}

void NewRunPage::buildLayout() {
    auto* fields = new Card(tr("New run"), this);
    m_view = new ChoiceButton(tr("View"), tr("view: "),
                              {{tr("form"), tr("a form over all fields"), 0},
                               {tr("JSON"), tr("the whole spec as text"), 1}},
                              this);
    m_view->setObjectName(QStringLiteral("newRun.view"));
    fields->addControl(startFromButton());
    fields->addControl(m_view);
    m_stack = new QStackedWidget(this);
    m_stack->addWidget(m_form);
    m_stack->addWidget(m_json);
    fields->body()->addWidget(m_stack, 1);
    m_start->setFixedWidth(kStartWidth);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(12, 12, 12, 12);
    row->setSpacing(12);
    row->addWidget(fields, 1);
    row->addWidget(m_start);
}

QWidget* NewRunPage::startFromButton() {
    auto* button = new QToolButton(this);
    button->setObjectName(QStringLiteral("newRun.startFrom"));
    button->setText(tr("start from"));
    button->setAccessibleName(tr("Start from"));
    button->setToolTip(tr("Defaults, a preset, an earlier run, what Carve shows, or a file"));
    button->setProperty("flat", true);
    button->setFont(textFont(TextRole::Small));
    button->setPopupMode(QToolButton::InstantPopup);
    m_startMenu = new QMenu(button);
    m_startMenu->setObjectName(QStringLiteral("newRun.startMenu"));
    connect(m_startMenu, &QMenu::aboutToShow, this, &NewRunPage::fillStartMenu);
    button->setMenu(m_startMenu);
    return button;
}

void NewRunPage::fillStartMenu() {
    m_startMenu->clear();
    qDeleteAll(m_startMenu->findChildren<QMenu*>(Qt::FindDirectChildrenOnly));
    m_startMenu->addAction(tr("Defaults"), this, [this] { m_draft.replace({}, tr("defaults")); });
    m_startMenu->addAction(tr("What Carve shows"), this, [this] {
        m_draft.replace(m_context.shownSpec(), tr("start from Carve"));
    });
    const auto presets = shippedRuns();
    for (const RunSpec& preset : presets.value_or(std::vector<RunSpec>{}))
        m_startMenu->addAction(
            tr("Preset: %1").arg(QString::fromStdString(preset.name)), this,
            [this, preset] { m_draft.replace(preset, tr("start from a preset")); });
    fillRuns(m_startMenu->addMenu(tr("Run")));
    m_startMenu->addSeparator();
    m_startMenu->addAction(tr("Open a file…"), this, &NewRunPage::openFile);
    m_startMenu->addAction(tr("Save as a file…"), this, &NewRunPage::saveFile);
}

/// The newest runs; they arrive while the menu is open.
void NewRunPage::fillRuns(QMenu* menu) {
    menu->setObjectName(QStringLiteral("newRun.runs"));
    if (const RunId shown = m_context.selection.current(); shown.value() > 0)
        menu->addAction(tr("The one in front (run %1)").arg(shown.value()), this,
                        [this, shown] { startFromRun(shown); });
    m_context.workspace.reader().ask<std::vector<RunRow>>(
        menu, [](const RunStore& store) { return store.runs(); },
        [this, menu](const Result<std::vector<RunRow>>& rows) {
            for (std::size_t i = 0; rows && i < std::min(rows->size(), kRunsOffered); ++i)
                menu->addAction(tr("%1 (run %2)")
                                    .arg(QString::fromStdString((*rows)[i].name))
                                    .arg((*rows)[i].id.value()),
                                this, [this, run = (*rows)[i].id] { startFromRun(run); });
        });
}

void NewRunPage::startFromRun(RunId run) {
    m_context.workspace.reader().ask<RunSpec>(
        this,
        [run](const RunStore& store) -> Result<RunSpec> {
            SKD_TRY(const RunDetails details, store.details(run));
            return parseRunSpec(details.spec);
        },
        [this, run](const Result<RunSpec>& spec) {
            if (spec) m_draft.replace(*spec, tr("start from run %1").arg(run.value()));
            say(spec ? Status() : Status(fail(spec.error())),
                tr("The fields of run %1.").arg(run.value()));
        });
}

void NewRunPage::say(const Status& status, const QString& done) {
    Q_EMIT Page::context(status ? done : QString::fromStdString(status.error().message));
}

void NewRunPage::openFile() {
    const QString path =
        QFileDialog::getOpenFileName(this, tr("Run spec"), {}, tr("Run specs (*.json)"));
    if (path.isEmpty()) return;
    const auto spec = readRunSpec(path.toStdString());
    if (spec) m_draft.replace(*spec, tr("open %1").arg(path));
    say(spec ? Status() : Status(fail(spec.error())), tr("%1 is read.").arg(path));
}

void NewRunPage::saveFile() {
    const QString path = QFileDialog::getSaveFileName(
        this, tr("Save run spec"), QStringLiteral("run.json"), tr("Run specs (*.json)"));
    if (!path.isEmpty())
        say(writeFileAtomically(path.toStdString(), dumpJson(m_draft.json(), 2) + "\n"),
            tr("%1 is written.").arg(path));
}

bool NewRunPage::copy() {
    QApplication::clipboard()->setText(QString::fromStdString(dumpJson(m_draft.json(), 2)));
    say({}, tr("The spec is on the clipboard."));
    return true;
}

bool NewRunPage::paste() {
    const Status read = m_draft.replaceText(QApplication::clipboard()->text(), tr("paste a spec"));
    say(read, tr("The spec is taken from the clipboard."));
    return static_cast<bool>(read);
}

void NewRunPage::take(const FieldValues& fields) {
    const Status taken = m_draft.apply(fields, tr("take over fields"));
    say(taken, tr("Taken into the form."));
}

bool NewRunPage::settled() const {
    return m_start != nullptr && m_start->settled();
}

}  // namespace skd
