#include "plan/new_study_page.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <QMenu>

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
    : JsonDocumentPage(
          context,
          {tr("Study"), tr("Save study"), tr("Studies (*.json)"), QStringLiteral("study.json"),
           tr("The study is on the clipboard."), tr("The study was pasted from the clipboard.")},
          parent) {}

void NewStudyPage::build() {
    m_study = new StudyCard(m_draft, this);
    m_study->addControl(startFromButton(
        "newStudy.startFrom", "newStudy.menu",
        tr("A study that ships with the program, one of the workspace, or a file")));
    m_plan = new PlanCard(m_draft, m_context.workspace, m_context.monitor, this);
    m_plan->setFixedWidth(kPlanWidth);
    auto* row = makeLayout<QHBoxLayout>();
    row->addWidget(m_study, 1);
    row->addWidget(m_plan);
    connect(m_plan, &PlanCard::said, this, &Page::context);
    setFocusProxy(m_study->findChild<QLineEdit*>(QStringLiteral("study.name")));
}

void NewStudyPage::fillMenu(QMenu& menu) {
    menu.setToolTipsVisible(true);
    const auto shipped = shippedStudies();
    for (const StudySpec& study : shipped.value_or(std::vector<StudySpec>{})) {
        QAction* action =
            menu.addAction(QString::fromStdString(study.title.empty() ? study.name : study.title),
                           this, [this, study] { m_draft.load(study); });
        action->setToolTip(QString::fromStdString(study.about));
        action->setObjectName(QStringLiteral("preset.") + QString::fromStdString(study.name));
    }
    auto* stored = menu.addMenu(tr("Study of this workspace"));
    m_context.workspace.reader().ask(
        stored, [](const RunStore& store) { return store.studies(); },
        [this, stored](const Result<std::vector<StudyRow>>& rows) {
            for (std::size_t i = 0; rows && i < rows->size(); ++i)
                stored->addAction(QString::fromStdString((*rows)[i].name), this,
                                  [this, id = (*rows)[i].id] { openStored(id); });
            stored->setEnabled(!stored->isEmpty());
        });
}

void NewStudyPage::openStored(StudyId study) {
    m_context.workspace.reader().ask(
        this,
        [study](const RunStore& store) -> Result<StudySpec> {
            SKD_TRY(const StudyRow row, store.study(study));
            return parseStudySpec(row.spec);
        },
        [this](const Result<StudySpec>& found) {
            say(load(found),
                tr("The study as it was started; its complete runs are not run again."));
        });
}

Status NewStudyPage::load(const Result<StudySpec>& study) {
    if (!study) return fail(study.error());
    m_draft.load(*study);
    return {};
}

Result<Json> NewStudyPage::document() const {
    return m_draft.study().map([](const StudySpec& study) { return toJson(study); });
}

Status NewStudyPage::open(const QString& path) {
    return load(readStudySpec(path.toStdString()));
}

Status NewStudyPage::pasteText(const QString& text) {
    return load(parseJson(text.toStdString()).and_then(parseStudySpec));
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
