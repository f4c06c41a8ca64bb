#include "plan/json_view.h"

#include <QApplication>
#include <QClipboard>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include "controls/card.h"
#include "plan/spec_draft.h"
#include "style/theme.h"

namespace skd {

JsonView::JsonView(SpecDraft& draft, QWidget* parent) : QWidget(parent), m_draft(draft) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    m_text = new QPlainTextEdit(this);
    m_text->setObjectName(QStringLiteral("json.text"));
    m_text->setAccessibleName(tr("The whole spec as JSON"));
    m_text->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_text->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_text->setTabChangesFocus(true);
    m_problem = makeLabel({}, static_cast<int>(TextRole::Small), "secondary", this);
    m_problem->setObjectName(QStringLiteral("json.problem"));
    m_problem->setWordWrap(true);
    auto* copy = new QPushButton(tr("Copy all"), this);
    copy->setObjectName(QStringLiteral("json.copy"));
    auto* paste = new QPushButton(tr("Paste over"), this);
    paste->setObjectName(QStringLiteral("json.paste"));
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    row->addWidget(m_problem, 1);
    row->addWidget(copy);
    row->addWidget(paste);
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
    m_problem->setText(tr("Fields that are left out have their defaults."));
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
