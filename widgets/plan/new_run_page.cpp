#include "plan/new_run_page.h"

#include <QApplication>
#include <QClipboard>
#include <QFontDatabase>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QStackedWidget>

#include "controls/build.h"
#include "controls/card.h"
#include "controls/choice_button.h"
#include "plan/spec_form.h"
#include "plan/start_card.h"
#include "spec/presets.h"

namespace skd {

namespace {

constexpr int kStartWidth = 250;
constexpr std::size_t kRunsOffered = 20;

/// A draft as text: the whole spec, to be read, copied, edited and pasted over.
class JsonView : public QWidget {
    Q_DECLARE_TR_FUNCTIONS(skd::JsonView)
public:
    JsonView(SpecDraft& draft, QWidget* parent) : QWidget(parent), m_draft(draft) {
        auto* layout = makeColumn(-1, this);
        m_text = named(new QPlainTextEdit(this), "json.text", tr("The whole spec as JSON"));
        m_text->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
        m_text->setLineWrapMode(QPlainTextEdit::NoWrap);
        m_text->setTabChangesFocus(true);
        m_problem = wrapped(makeLabel({}, TextRole::Small, "secondary", this, "json.problem"));
        auto* copy = makeButton(tr("Copy all"), "json.copy", {}, this);
        auto* paste = makeButton(tr("Paste over"), "json.paste", {}, this);
        auto* row = addAll(makeRow(8), {{m_problem, 1}, copy, paste});
        layout->addWidget(m_text, 1);
        layout->addLayout(row);
        connect(m_text, &QPlainTextEdit::textChanged, this, &JsonView::take);
        connect(copy, &QPushButton::clicked, this,
                [this] { QApplication::clipboard()->setText(m_text->toPlainText()); });
        connect(paste, &QPushButton::clicked, this,
                [this] { m_text->setPlainText(QApplication::clipboard()->text()); });
        connect(&m_draft, &SpecDraft::changed, this, &JsonView::refresh);
    }

protected:
    void showEvent(QShowEvent* event) override {
        QWidget::showEvent(event);
        refresh();
    }

private:
    void refresh() {
        if (m_taking || !isVisible()) return;
        const QSignalBlocker quiet(m_text);
        m_text->setPlainText(QString::fromStdString(dumpJson(m_draft.json(), 2)));
        m_problem->setText(tr("Fields that are missing have their defaults."));
        setTone(m_problem, "secondary");
    }

    /// Text that is a spec becomes the draft at once; other text waits, with what is wrong about
    /// it.
    void take() {
        m_taking = true;
        const Status read = m_draft.replaceText(m_text->toPlainText(), tr("edit JSON"), "json");
        m_taking = false;
        m_problem->setText(read ? tr("✓ Read")
                                : QStringLiteral("⚠ ") +
                                      QString::fromStdString(read.error().message));
        setTone(m_problem, read ? "secondary" : "bad");
    }

    SpecDraft& m_draft;
    QPlainTextEdit* m_text;
    QLabel* m_problem;
    bool m_taking = false;
};

}  // namespace

NewRunPage::NewRunPage(const PageContext& context, QWidget* parent)
    : JsonDocumentPage(context,
                       {tr("Run spec"), tr("Save run spec"), tr("Run specs (*.json)"),
                        QStringLiteral("run.json"), tr("The spec is on the clipboard."),
                        tr("The spec was pasted from the clipboard.")},
                       parent) {}

void NewRunPage::build() {
    m_form = new SpecForm(m_draft, this);
    auto* json = new JsonView(m_draft, this);
    m_start = new StartCard(m_draft, m_context.workspace, m_context.monitor, this);
    auto* fields = new Card(tr("New run"), this);
    m_view = new ChoiceButton("newRun.view", tr("View"), tr("view: "),
                              {{tr("form"), tr("a form over all fields"), 0},
                               {tr("JSON"), tr("the whole spec as text"), 1}},
                              this);
    fields->addControl(
        startFromButton("newRun.startFrom", "newRun.startMenu",
                        tr("Defaults, a preset, an earlier run, what Carve shows, or a file")));
    fields->addControl(m_view);
    m_stack = new QStackedWidget(this);
    m_stack->addWidget(m_form);
    m_stack->addWidget(json);
    fields->body()->addWidget(m_stack, 1);
    m_start->setFixedWidth(kStartWidth);
    auto* row = makeLayout<QHBoxLayout>();
    row->addWidget(fields, 1);
    row->addWidget(m_start);
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

void NewRunPage::fillMenu(QMenu& menu) {
    menu.addAction(tr("Defaults"), this, [this] { m_draft.replace({}, tr("defaults")); });
    menu.addAction(tr("What Carve shows"), this,
                   [this] { m_draft.replace(m_context.shownSpec(), tr("start from Carve")); });
    const auto presets = shippedRuns();
    for (const RunSpec& preset : presets.value_or(std::vector<RunSpec>{}))
        menu.addAction(tr("Preset: %1").arg(QString::fromStdString(preset.name)), this,
                       [this, preset] { m_draft.replace(preset, tr("start from a preset")); });
    fillRuns(menu.addMenu(tr("Run")));
}

/// The newest runs; they arrive while the menu is open.
void NewRunPage::fillRuns(QMenu* menu) {
    menu->setObjectName(QStringLiteral("newRun.runs"));
    if (const RunId shown = m_context.selection.current(); shown.value() > 0)
        menu->addAction(tr("The one shown on top (run %1)").arg(shown.value()), this,
                        [this, shown] { startFromRun(shown); });
    m_context.workspace.reader().ask(
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
    m_context.workspace.reader().ask(
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

Result<Json> NewRunPage::document() const {
    return m_draft.json();
}

Status NewRunPage::open(const QString& path) {
    SKD_TRY(const RunSpec spec, readRunSpec(path.toStdString()));
    m_draft.replace(spec, tr("open %1").arg(path));
    return {};
}

Status NewRunPage::pasteText(const QString& text) {
    return m_draft.replaceText(text, tr("paste a spec"));
}

void NewRunPage::take(const FieldValues& fields) {
    const Status taken = m_draft.apply(fields, tr("use these fields"));
    say(taken, tr("The fields are in the form."));
}

bool NewRunPage::settled() const {
    return m_start != nullptr && m_start->settled();
}

}  // namespace skd
