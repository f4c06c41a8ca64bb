#include "charts/views/stacked_bars.h"

#include <algorithm>

#include "charts/views/color_scale.h"

namespace skd {

namespace {
constexpr double kSwatch = 10, kSwatchGap = 6, kLegendGap = 18, kBarMost = 38, kBarLeast = 15;

double sumOf(const StackedBars::Bar& bar) {
    double total = 0;
    for (const auto& piece : bar.pieces) total += piece.value;
    return total;
}

}  // namespace

StackedBars::StackedBars(const QString& accessibleName, QWidget* parent)
    : PaintedView(Kind::Chart, accessibleName, parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void StackedBars::setBars(std::vector<Part> parts, std::vector<Bar> bars) {
    m_parts = std::move(parts);
    m_bars = std::move(bars);
    m_highlighted.assign(m_parts.size(), false);
    m_maximum = 0;
    for (const Bar& bar : m_bars) m_maximum = std::max(m_maximum, sumOf(bar));
    m_cursor = std::min(m_cursor, partCount() - 1);
    setCurrentBar(m_current);
    updateGeometry();
}

void StackedBars::setHighlighted(std::vector<bool> parts) {
    parts.resize(m_parts.size());
    take(m_highlighted, std::move(parts));
}

void StackedBars::setCurrentBar(int bar) {
    m_current = std::clamp(bar, 0, std::max(0, barCount() - 1));
    describe();
    markDirty();
}

bool StackedBars::used(int part) const {
    return std::any_of(m_bars.begin(), m_bars.end(),
                       [part](const Bar& bar) { return bar.pieces[part].value > 0; });
}

double StackedBars::labelWidth() const {
    const QFontMetricsF metrics(textFont(TextRole::Strong));
    double width = 40;
    for (const Bar& bar : m_bars) width = std::max(width, metrics.horizontalAdvance(bar.name));
    return std::min(width, extent().width() * 0.24) + 10;
}

double StackedBars::totalWidth() const {
    const QFontMetricsF metrics(textFont(TextRole::Body));
    double width = 30;
    for (const Bar& bar : m_bars) width = std::max(width, metrics.horizontalAdvance(bar.total));
    return width + 14;
}

/// Boxes of the parts that occur, in as many lines as they need; empty boxes for the others.
std::vector<QRectF> StackedBars::legend(double width) const {
    const QFontMetricsF metrics(textFont(TextRole::Small));
    const double left = labelWidth(), line = metrics.height() + 5;
    std::vector<QRectF> boxes(m_parts.size());
    double x = left, y = 0;
    for (int i = 0; i < partCount(); ++i) {
        if (!used(i)) continue;
        const double size = kSwatch + kSwatchGap + metrics.horizontalAdvance(m_parts[i].name);
        if (x > left && x + size > width) {
            x = left;
            y += line;
        }
        boxes[i] = {x, y, size, line};
        x += size + kLegendGap;
    }
    return boxes;
}

double StackedBars::legendHeight(double width) const {
    double height = 0;
    for (const QRectF& box : legend(width)) height = std::max(height, box.bottom());
    return height;
}

QSize StackedBars::sizeHint() const {
    return {420, std::max(1, barCount()) * 44 +
                     static_cast<int>(legendHeight(std::max(420, width()))) + 12};
}

QSize StackedBars::minimumSizeHint() const {
    return {240, std::max(1, barCount()) * static_cast<int>(kBarLeast + 5) +
                     static_cast<int>(legendHeight(std::max(240, width()))) + 8};
}

QRectF StackedBars::barRect(int bar) const {
    const double space = extent().height() - legendHeight(extent().width()) - 8;
    const double pitch = std::min(kBarMost * 1.45, space / std::max(1, barCount()));
    const double size = std::clamp(pitch * 0.7, 4.0, kBarMost);
    const double left = labelWidth();
    return {left, bar * pitch + (pitch - size) / 2,
            std::max(10.0, extent().width() - left - totalWidth()), size};
}

QRectF StackedBars::pieceRect(int bar, int part) const {
    const QRectF whole = barRect(bar);
    const auto& pieces = m_bars[bar].pieces;
    const double scale = m_maximum > 0 ? whole.width() / m_maximum : 0;
    double before = 0;
    for (int i = 0; i < part; ++i) before += pieces[i].value;
    return {whole.left() + before * scale, whole.top(), pieces[part].value * scale, whole.height()};
}

QRectF StackedBars::legendRect(int part) const {
    const double top = m_bars.empty() ? 0 : barRect(barCount() - 1).bottom() + 14;
    return legend(extent().width())[part].translated(
        0, std::min(top, extent().height() - legendHeight(extent().width())));
}

std::optional<StackedBars::Hit> StackedBars::hitAt(const QPointF& position) const {
    for (int part = 0; part < partCount(); ++part)
        if (legendRect(part).contains(position)) return Hit{-1, part};
    for (int bar = 0; bar < barCount(); ++bar) {
        const QRectF whole = barRect(bar);
        if (position.y() < whole.top() - 2 || position.y() > whole.bottom() + 2) continue;
        for (int part = 0; part < partCount(); ++part)
            if (pieceRect(bar, part).contains(position)) return Hit{bar, part};
        return Hit{bar, -1};
    }
    return std::nullopt;
}

void StackedBars::paintPiece(QPainter& painter, int bar, int part, bool faint) const {
    const QRectF rect = pieceRect(bar, part);
    if (rect.width() <= 0) return;
    QColor fill = themed(m_parts[part].color);
    if (faint) fill.setAlphaF(0.28F);
    painter.fillRect(rect.adjusted(0, 0, rect.width() > 3 ? -1 : 0, 0), fill);
    if (m_highlighted[part] && rect.width() > 4) {
        painter.setPen(QPen(colors().text, 1.5));
        painter.drawRect(rect.adjusted(0.75, 0.75, -1.75, -0.75));
    }
    const QFontMetricsF metrics(painter.font());
    const QString& text = m_bars[bar].pieces[part].text;
    if (metrics.horizontalAdvance(text) + 6 > rect.width() || metrics.height() - 3 > rect.height())
        return;
    writeText(painter, faint ? colors().secondary : readableOn(fill), rect, Qt::AlignCenter, text);
}

void StackedBars::paintBar(QPainter& painter, int bar) const {
    const Bar& content = m_bars[bar];
    const QRectF whole = barRect(bar);
    const bool current = bar == m_current && m_bars.size() > 1 && !exporting();
    painter.setFont(textFont(current ? TextRole::Strong : TextRole::Body));
    const QRectF label(0, whole.top() - 4, whole.left() - 10, whole.height() + 8);
    writeText(painter, current ? colors().accent : colors().text, label, kAtRight, content.name,
              Qt::ElideMiddle);
    painter.setFont(textFont(TextRole::Small));
    const bool any =
        std::find(m_highlighted.begin(), m_highlighted.end(), true) != m_highlighted.end();
    for (int part = 0; part < partCount(); ++part)
        paintPiece(painter, bar, part, any && !m_highlighted[part]);
    const double right = m_parts.empty() ? whole.left() : pieceRect(bar, partCount() - 1).right();
    painter.setFont(textFont(TextRole::Body));
    writeText(painter, colors().text,
              QRectF(right + 8, whole.top() - 4, totalWidth(), whole.height() + 8), kAtLeft,
              content.total);
}

void StackedBars::paintLegend(QPainter& painter) const {
    painter.setFont(textFont(TextRole::Small));
    for (int part = 0; part < partCount(); ++part) {
        const QRectF box = legendRect(part);
        if (box.isEmpty()) continue;
        const QRectF swatch(box.left(), box.center().y() - kSwatch / 2, kSwatch, kSwatch);
        const QRectF name = box.adjusted(kSwatch + kSwatchGap, 0, 0, 0);
        painter.fillRect(swatch, themed(m_parts[part].color));
        painter.setPen(m_highlighted[part] ? colors().text : colors().secondary);
        painter.drawText(name, kAtLeft, m_parts[part].name);
        if (m_highlighted[part])
            painter.drawLine(name.bottomLeft() - QPointF(0, 2), name.bottomRight() - QPointF(0, 2));
    }
}

void StackedBars::paintContent(QPainter& painter) {
    for (int bar = 0; bar < barCount(); ++bar) paintBar(painter, bar);
    paintLegend(painter);
}

/// The piece that the arrow keys have come to.
void StackedBars::paintOverlay(QPainter& painter) {
    if (!hasFocus() || m_cursor < 0 || !used(m_cursor)) return;
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(QPen(colors().accent, 2));
    painter.drawRect(pieceRect(m_current, m_cursor).adjusted(-1, -2, 1, 2));
}

QString StackedBars::tipAt(const QPointF& position) const {
    const auto hit = hitAt(position);
    if (!hit || hit->bar < 0) return {};
    const Bar& bar = m_bars[hit->bar];
    return hit->part >= 0 ? bar.pieces[hit->part].tip : bar.name;
}

void StackedBars::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    const Hit hit = hitAt(event->position()).value_or(Hit{m_current, -1});
    if (hit.part >= 0) m_cursor = hit.part;
    Q_EMIT picked(hit.bar, hit.part);
}

void StackedBars::keyPressEvent(QKeyEvent* event) {
    if (m_bars.empty()) return QWidget::keyPressEvent(event);
    const auto step = [this](int direction) {
        int part = m_cursor + direction;
        while (part >= 0 && part < partCount() && !used(part)) part += direction;
        if (part >= 0 && part < partCount()) m_cursor = part;
        Q_EMIT walkedTo(m_current, m_cursor);
    };
    const auto walk = [this](int bar, int part) {
        m_cursor = part;
        Q_EMIT walkedTo(std::clamp(bar, 0, barCount() - 1), part);
    };
    const bool known = actOnKey(*event, {{{Qt::Key_Left}, [&] { step(-1); }},
                                         {{Qt::Key_Right}, [&] { step(1); }},
                                         {{Qt::Key_Up}, [&] { walk(m_current - 1, m_cursor); }},
                                         {{Qt::Key_Down}, [&] { walk(m_current + 1, m_cursor); }},
                                         {{Qt::Key_Escape}, [&] { walk(m_current, -1); }}});
    if (!known) return QWidget::keyPressEvent(event);
    describe();
    update();
}

void StackedBars::describe() {
    if (m_bars.empty()) return setAccessibleDescription(emptyText());
    const Bar& bar = m_bars[m_current];
    setAccessibleDescription(m_cursor >= 0 && m_cursor < partCount()
                                 ? bar.pieces[m_cursor].tip
                                 : QStringLiteral("%1: %2").arg(bar.name, bar.total));
}

ViewTable StackedBars::viewTable() const {
    QStringList header{tr("Model")};
    for (const Part& part : m_parts) header << part.name;
    return tableOf(header << tr("total"), m_bars, [](const Bar& bar, int) {
        std::vector<ViewCell> cells{bar.name};
        for (const Piece& piece : bar.pieces) cells.emplace_back(piece.text, piece.value);
        cells.emplace_back(bar.total, sumOf(bar));
        return cells;
    });
}

}  // namespace skd
