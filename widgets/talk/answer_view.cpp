#include "talk/answer_view.h"

#include <QHelpEvent>
#include <QPainter>
#include <QScrollBar>
#include <QTextCursor>
#include <QTextDocument>
#include <QToolTip>
#include <algorithm>

#include "style/theme.h"
#include "talk/kl_bands.h"

namespace skd {

AnswerView::AnswerView(AnswerTokens& tokens, QWidget* parent)
    : QTextEdit(parent), m_tokens(tokens) {
    setReadOnly(true);
    setUndoRedoEnabled(false);
    setFrameShape(QFrame::NoFrame);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    setMinimumHeight(60);
    viewport()->setAutoFillBackground(false);
    document()->setDocumentMargin(2);
    connect(&m_tokens, &QAbstractItemModel::modelReset, this, &AnswerView::rebuild);
    connect(&m_tokens, &QAbstractItemModel::rowsInserted, this,
            [this](const QModelIndex&, int first, int last) { appendFrom(first, last); });
    rebuild();
}

void AnswerView::rebuild() {
    clear();
    m_ends.clear();
    appendFrom(0, m_tokens.rowCount() - 1);
}

void AnswerView::appendFrom(int first, int last) {
    const ThemeColors& colors = themeColors(this);
    const bool follow = verticalScrollBar()->value() >= verticalScrollBar()->maximum() - 4;
    QTextCursor cursor(document());
    cursor.movePosition(QTextCursor::End);
    for (int row = first; row <= last; ++row) {
        const AnswerTokens::Token& token = m_tokens.tokens()[row];
        cursor.insertText(token.text, klFormat(klBand(token.kl), colors));
        m_ends.push_back(cursor.position());
    }
    if (follow) verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

std::optional<std::size_t> AnswerView::tokenAt(const QPoint& position) const {
    const QTextCursor cursor = cursorForPosition(position);
    const QRect at = cursorRect(cursor);
    if (m_ends.empty() || position.y() < at.top() || position.y() > at.bottom())
        return std::nullopt;
    // The cursor stands between two characters: what was pointed at lies to one side of it.
    const int character = position.x() < at.left() ? cursor.position() - 1 : cursor.position();
    const auto found = std::upper_bound(m_ends.begin(), m_ends.end(), character);
    if (character < 0 || found == m_ends.end()) return std::nullopt;
    return static_cast<std::size_t>(found - m_ends.begin());
}

bool AnswerView::viewportEvent(QEvent* event) {
    if (event->type() != QEvent::ToolTip) return QTextEdit::viewportEvent(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const auto token = tokenAt(help->pos());
    QToolTip::showText(help->globalPos(), token ? m_tokens.tip(*token) : QString(), viewport());
    return true;
}

void AnswerView::changeEvent(QEvent* event) {
    QTextEdit::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) rebuild();
}

KlLegend::KlLegend(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setAccessibleName(tr("Legend of the tokens' colours"));
    QStringList bands;
    for (KlBand band : {KlBand::Agrees, KlBand::Slight, KlBand::Clear, KlBand::Strong})
        bands << klBandText(band);
    setAccessibleDescription(bands.join(QStringLiteral(", ")));
    setToolTip(
        tr("KL divergence of the second model's prediction from the first one's, per token: how "
           "many nats the first model's next-token distribution loses when it is described by the "
           "second one's. Dotted and wavy underlines mean the same as the stronger colours."));
}

void KlLegend::write(QTextDocument& document) const {
    document.setDefaultFont(textFont(TextRole::Small));
    document.setDocumentMargin(0);
    QTextCursor cursor(&document);
    QTextCharFormat plain;
    plain.setForeground(themeColors(this).secondary);
    cursor.insertText(tr("KL per token  "), plain);
    for (KlBand band : {KlBand::Agrees, KlBand::Slight, KlBand::Clear, KlBand::Strong}) {
        cursor.insertText(QStringLiteral(" %1 ").arg(klBandText(band)),
                          klFormat(band, themeColors(this)));
        cursor.insertText(QStringLiteral("   "), plain);
    }
}

QSize KlLegend::sizeHint() const {
    QTextDocument document;
    write(document);
    return {static_cast<int>(document.idealWidth()) + 2,
            static_cast<int>(document.size().height()) + 4};
}

void KlLegend::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    QTextDocument document;
    write(document);
    painter.translate(0, 2);
    document.drawContents(&painter);
}

}  // namespace skd
