#include "plan/json_view.h"

#include <QApplication>
#include <QClipboard>
#include <QFontDatabase>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalBlocker>

#include "controls/build.h"
#include "controls/card.h"
#include "plan/spec_draft.h"
#include "style/theme.h"

namespace skd {

JsonView::JsonView(SpecDraft& draft, QWidget* parent) : QWidget(parent), m_draft(draft) {
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

void JsonView::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    refresh();
}

void JsonView::refresh() {
    if (m_taking || !isVisible()) return;
    const QSignalBlocker quiet(m_text);
    m_text->setPlainText(QString::fromStdString(dumpJson(m_draft.json(), 2)));
    m_problem->setText(tr("Fields that are missing have their defaults."));
    setTone(m_problem, "secondary");
}

/// Text that is a spec becomes the draft at once; other text waits, with what is wrong about it.
void JsonView::take() {
    m_taking = true;
    const Status read = m_draft.replaceText(m_text->toPlainText(), tr("edit JSON"), "json");
    m_taking = false;
    m_problem->setText(read ? tr("✓ Read")
                            : QStringLiteral("⚠ ") + QString::fromStdString(read.error().message));
    setTone(m_problem, read ? "secondary" : "bad");
}

}  // namespace skd
