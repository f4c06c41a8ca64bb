#include "talk/answer_view.h"

#include <QCoreApplication>
#include <QHelpEvent>
#include <QPainter>
#include <QScrollBar>
#include <QTextCursor>
#include <QTextDocument>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "style/format.h"
#include "style/theme.h"

namespace skd {

namespace {

/// White space made visible.
QString quoted(QString text) {
    text.replace(QLatin1Char('\n'), QChar(0x21B5)).replace(QLatin1Char('\t'), QChar(0x21E5));
    return QStringLiteral("“%1”").arg(text);
}

QStandardItem* makeItem(const QString& text, Qt::Alignment side) {
    auto* item = new QStandardItem(text);
    item->setEditable(false);
    item->setTextAlignment(side | Qt::AlignVCenter);
    return item;
}

}  // namespace

KlBand klBand(double kl) {
    int band = 0;
    for (double edge : kKlEdges) band += kl >= edge ? 1 : 0;
    return static_cast<KlBand>(band);
}

QString klBandText(KlBand band) {
    const auto translate = [](const char* text) {
        return QCoreApplication::translate("KlBand", text);
    };
    if (band == KlBand::Agrees) return translate("below %1").arg(formatTick(kKlEdges[0]));
    if (band == KlBand::Strong) return translate("%1 nats and more").arg(formatTick(kKlEdges[2]));
    const auto low = static_cast<std::size_t>(band) - 1;
    return translate("%1 to %2").arg(formatTick(kKlEdges[low]), formatTick(kKlEdges[low + 1]));
}

QTextCharFormat klFormat(KlBand band, const ThemeColors& colors) {
    static constexpr float alphas[] = {0, 0.22F, 0.42F, 0.72F};
    QTextCharFormat format;
    format.setForeground(colors.text);
    if (band == KlBand::Agrees) return format;
    QColor background = colors.series[5];
    background.setAlphaF(alphas[static_cast<int>(band)]);
    format.setBackground(background);
    if (band == KlBand::Slight) return format;
    format.setUnderlineStyle(band == KlBand::Clear ? QTextCharFormat::DotLine
                                                   : QTextCharFormat::WaveUnderline);
    format.setUnderlineColor(colors.text);
    return format;
}

AnswerTokens::AnswerTokens() {
    setHorizontalHeaderLabels({tr("Token"), tr("Probability"), tr("KL, nats")});
}

void AnswerTokens::clear() {
    m_tokens.clear();
    removeRows(0, rowCount());  // the columns stay, and how wide they are
}

void AnswerTokens::append(const TokensGenerated& event) {
    const QString text = QString::fromStdString(event.text);
    if (event.ids.empty() && text.isEmpty()) return;
    // Where one event carries several tokens, its text stands with the last of them, which
    // completes it; text without a token is the rest of the last character.
    const std::size_t count = std::max<std::size_t>(1, event.ids.size());
    for (std::size_t i = 0; i < count; ++i) {
        const Token& token = m_tokens.emplace_back(Token{
            i + 1 == count ? text : QString(),
            i < event.logProbability.size() ? std::exp(event.logProbability[i]) : std::nan(""),
            i < event.kl.size() ? event.kl[i] : std::nan("")});
        appendRow({makeItem(quoted(token.text), Qt::AlignLeft),
                   makeItem(formatPercent(token.probability), Qt::AlignRight),
                   makeItem(formatValue(token.kl), Qt::AlignRight)});
    }
}

QString AnswerTokens::tip(std::size_t token) const {
    const Token& one = m_tokens[token];
    QString tip = tr("%1\nprobability %2").arg(quoted(one.text), formatPercent(one.probability));
    if (!std::isnan(one.kl))
        tip += tr("\nKL %1 nats from the first model's prediction").arg(formatValue(one.kl));
    return tip;
}

AnswerView::AnswerView(AnswerTokens& tokens, QWidget* parent)
    : QTextEdit(parent), m_tokens(tokens) {
    setReadOnly(true);
    setUndoRedoEnabled(false);
    setFrameShape(QFrame::NoFrame);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    setMinimumHeight(60);
    viewport()->setAutoFillBackground(false);
    document()->setDocumentMargin(2);
    connect(&m_tokens, &QAbstractItemModel::rowsRemoved, this, &AnswerView::rebuild);
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
