#include "plan/new_study_page.h"

#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QMenu>
#include <QToolButton>

#include "base/files.h"
#include "plan/plan_card.h"
#include "plan/study_card.h"
#include "spec/presets.h"
#include "style/theme.h"

namespace skd {

namespace {
constexpr int kPlanWidth = 380;
}

NewStudyPage::NewStudyPage(const PageContext& context, QWidget* parent)
    : Page(parent), m_context(context) {
    setObjectName(QStringLiteral("page"));
    setAttribute(Qt::WA_StyledBackground);
}

void NewStudyPage::showEvent(QShowEvent* event) {
    if (m_study == nullptr) {
        build();
        for (QWidget* card : findChildren<QWidget*>(Qt::FindDirectChildrenOnly))
            card->show();  // the page is visible already
        layout()->activate();
    }
    Page::showEvent(event);
}

void NewStudyPage::build() {
    m_study = new StudyCard(m_draft, this);
    m_study->addControl(startFromButton());
    m_plan = new PlanCard(m_draft, m_context.workspace, m_context.monitor, this);
    m_plan->setFixedWidth(kPlanWidth);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(12, 12, 12, 12);
    row->setSpacing(12);
    row->addWidget(m_study, 1);
    row->addWidget(m_plan);
    connect(m_plan, &PlanCard::said, this, &Page::context);
    setFocusProxy(m_study->findChild<QLineEdit*>(QStringLiteral("study.name")));
}

QWidget* NewStudyPage::startFromButton() {
    auto* button = new QToolButton(this);
    button->setObjectName(QStringLiteral("newStudy.startFrom"));
    button->setText(tr("start from"));
    button->setAccessibleName(tr("Start from"));
    button->setToolTip(tr("A study that ships with the program, one of the workspace, or a file"));
    button->setProperty("flat", true);
    button->setFont(textFont(TextRole::Small));
    button->setPopupMode(QToolButton::InstantPopup);
    m_menu = new QMenu(button);
    m_menu->setToolTipsVisible(true);
    m_menu->setObjectName(QStringLiteral("newStudy.menu"));
    connect(m_menu, &QMenu::aboutToShow, this, &NewStudyPage::fillMenu);
    button->setMenu(m_menu);
    return button;
}

void NewStudyPage::fillMenu() {
    m_menu->clear();
    qDeleteAll(m_menu->findChildren<QMenu*>(Qt::FindDirectChildrenOnly));
    const auto shipped = shippedStudies();
    for (const StudySpec& study : shipped.value_or(std::vector<StudySpec>{})) {
        QAction* action = m_menu->addAction(
            QString::fromStdString(study.title.empty() ? study.name : study.title), this,
            [this, study] { m_draft.load(study); });
        action->setToolTip(QString::fromStdString(study.about));
        action->setObjectName(QStringLiteral("preset.") + QString::fromStdString(study.name));
    }
    auto* stored = m_menu->addMenu(tr("Study of this workspace"));
    m_context.workspace.reader().ask<std::vector<StudyRow>>(
        stored, [](const RunStore& store) { return store.studies(); },
        [this, stored](const Result<std::vector<StudyRow>>& rows) {
            for (std::size_t i = 0; rows && i < rows->size(); ++i)
                stored->addAction(QString::fromStdString((*rows)[i].name), this,
                                  [this, id = (*rows)[i].id] { openStored(id); });
            stored->setEnabled(!stored->isEmpty());
        });
    m_menu->addSeparator();
    m_menu->addAction(tr("Open a file…"), this, &NewStudyPage::openFile);
    m_menu->addAction(tr("Save as a file…"), this, &NewStudyPage::saveFile);
}

void NewStudyPage::openStored(StudyId study) {
    m_context.workspace.reader().ask<StudySpec>(
        this,
        [study](const RunStore& store) -> Result<StudySpec> {
            SKD_TRY(const StudyRow row, store.study(study));
            return parseStudySpec(row.spec);
        },
        [this](const Result<StudySpec>& found) {
            read(found, tr("The study as it was started; its complete runs are not run again."));
        });
}

void NewStudyPage::read(const Result<StudySpec>& study, const QString& done) {
    if (study) m_draft.load(*study);
    say(study ? Status() : Status(fail(study.error())), done);
}

void NewStudyPage::say(const Status& status, const QString& done) {
    Q_EMIT Page::context(status ? done : QString::fromStdString(status.error().message));
}

void NewStudyPage::openFile() {
    const QString path =
        QFileDialog::getOpenFileName(this, tr("Study"), {}, tr("Studies (*.json)"));
    if (!path.isEmpty()) read(readStudySpec(path.toStdString()), tr("%1 is read.").arg(path));
}

void NewStudyPage::saveFile() {
    const auto study = m_draft.study();
    if (!study) return say(Status(fail(study.error())), {});
    const QString path = QFileDialog::getSaveFileName(
        this, tr("Save study"), QStringLiteral("study.json"), tr("Studies (*.json)"));
    if (!path.isEmpty())
        say(writeFileAtomically(path.toStdString(), dumpJson(toJson(*study), 2) + "\n"),
            tr("%1 is written.").arg(path));
}

bool NewStudyPage::copy() {
    const auto study = m_draft.study();
    if (study)
        QApplication::clipboard()->setText(QString::fromStdString(dumpJson(toJson(*study), 2)));
    say(study ? Status() : Status(fail(study.error())), tr("The study is on the clipboard."));
    return static_cast<bool>(study);
}

bool NewStudyPage::paste() {
    const auto json = parseJson(QApplication::clipboard()->text().toStdString());
    const auto study = json ? parseStudySpec(*json) : Result<StudySpec>(fail(json.error()));
    read(study, tr("The study is taken from the clipboard."));
    return static_cast<bool>(study);
}

void NewStudyPage::take(const FieldValues& fields) {
    m_draft.undoStack().beginMacro(tr("base from a run"));
    m_draft.base().replace({}, tr("base"));
    FieldValues base = fields;
    for (const char* own : {"name", "seed"}) base.erase(own);  // the study's runs have their own
    const Status taken = m_draft.base().apply(base, tr("base"));
    m_draft.undoStack().endMacro();
    say(taken, tr("The run's fields are the study's base; add variants, seeds or a grid."));
}

bool NewStudyPage::settled() const {
    return m_plan != nullptr && m_plan->settled();
}

}  // namespace skd
