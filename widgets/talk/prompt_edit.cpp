#include "talk/prompt_edit.h"

#include <QKeyEvent>
#include <QTextBlock>

namespace skd {

PromptEdit::PromptEdit(QWidget* parent) : QPlainTextEdit(parent) {
    setAccessibleName(tr("Prompt"));
    setPlaceholderText(tr("Ask both models something…"));
    setTabChangesFocus(true);
    setFixedHeight(5 * fontMetrics().lineSpacing() + 14);
}

void PromptEdit::remember() {
    const QString text = toPlainText().trimmed();
    if (!text.isEmpty() && (m_history.isEmpty() || m_history.back() != text)) m_history << text;
    m_place = m_history.size();
    m_draft.clear();
}

/// Whether there was an earlier or later prompt to show.
bool PromptEdit::recall(int direction) {
    const qsizetype next = m_place + direction;
    if (next < 0 || next > m_history.size()) return false;
    if (m_place == m_history.size()) m_draft = toPlainText();
    m_place = next;
    setPlainText(next == m_history.size() ? m_draft : m_history[next]);
    moveCursor(QTextCursor::End);
    return true;
}

void PromptEdit::keyPressEvent(QKeyEvent* event) {
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (enter && event->modifiers().testFlag(Qt::ControlModifier)) return Q_EMIT submitted();
    const bool plain =
        event->modifiers() == Qt::NoModifier || event->modifiers() == Qt::KeypadModifier;
    const int line = textCursor().blockNumber();
    if (plain && event->key() == Qt::Key_Up && line == 0 && recall(-1)) return;
    if (plain && event->key() == Qt::Key_Down && line == blockCount() - 1 && recall(1)) return;
    QPlainTextEdit::keyPressEvent(event);
}

}  // namespace skd
