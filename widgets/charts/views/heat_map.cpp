#include "charts/views/heat_map.h"

#include <QContextMenuEvent>
#include <QFontMetricsF>
#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "charts/table_twin.h"
#include "charts/views/color_scale.h"
#include "style/theme.h"

namespace skd {

HeatMap::HeatMap(QWidget* parent) : QWidget(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Heat map of matrices by layer"));
}

double HeatMap::headerHeight() const {
    return QFontMetricsF(textFont(TextRole::Small)).height() + 5;
}
double HeatMap::labelWidth() const {
    return QFontMetricsF(textFont(TextRole::Small))
               .horizontalAdvance(QString::number(std::max(10, m_rows))) +
           10;
}

QSize HeatMap::sizeHint() const {
    return {190, static_cast<int>(headerHeight()) + m_rows * 22};
}
QSize HeatMap::minimumSizeHint() const {
    return {150, static_cast<int>(headerHeight()) + m_rows * 7};
}

void HeatMap::setCells(QStringList columns, int rows, std::vector<Cell> cells) {
    const bool reshaped = rows != m_rows || columns.size() != m_columns.size();
    m_columns = std::move(columns);
    m_rows = rows;
    m_cells = std::move(cells);
    if (reshaped || m_selected.size() != m_cells.size()) {
        m_selected.assign(m_cells.size(), false);
        m_current = m_anchor = 0;
        updateGeometry();
    }
    update();
}

void HeatMap::setSelection(const std::vector<std::size_t>& cells, std::size_t current) {
    m_selected.assign(m_cells.size(), false);
    for (std::size_t cell : cells)
        if (cell < m_selected.size()) m_selected[cell] = true;
    m_current = std::min(current, m_cells.empty() ? 0 : m_cells.size() - 1);
    if (m_tip && !m_cells.empty()) setAccessibleDescription(m_tip(m_current));
    update();
}

QRectF HeatMap::cellRect(std::size_t cell) const {
    const int columns = std::max(1, columnCount());
    const double left = labelWidth(), top = headerHeight();
    const double width = std::min(70.0, (this->width() - left - 1) / columns);
    const double height = std::min(34.0, (this->height() - top - 1) / std::max(1, m_rows));
    const auto row = static_cast<double>(cell / static_cast<std::size_t>(columns));
    const auto column = static_cast<double>(cell % static_cast<std::size_t>(columns));
    return {left + column * width, top + row * height, width, height};
}

std::optional<std::size_t> HeatMap::cellAt(const QPointF& position, bool nearest) const {
    if (m_cells.empty()) return std::nullopt;
    const QRectF first = cellRect(0);
    int column = static_cast<int>(std::floor((position.x() - first.left()) / first.width()));
    int row = static_cast<int>(std::floor((position.y() - first.top()) / first.height()));
    if (nearest) {
        column = std::clamp(column, 0, columnCount() - 1);
        row = std::clamp(row, 0, m_rows - 1);
    }
    if (column < 0 || row < 0 || column >= columnCount() || row >= m_rows) return std::nullopt;
    return static_cast<std::size_t>(row * columnCount() + column);
}

void HeatMap::paintCell(QPainter& painter, std::size_t cell, const ThemeColors& colors) const {
    const Cell& content = m_cells[cell];
    if (!content.present) return;
    const QRectF rect = cellRect(cell);
    const double gap = rect.height() > 12 ? 1.2 : 0.4;
    const QRectF box = rect.adjusted(1.2, gap, -1.2, -gap);
    const QColor fill = std::isnan(content.level) ? colors.grid : viridis(content.level);
    painter.setPen(Qt::NoPen);
    painter.setBrush(fill);
    painter.drawRoundedRect(box, 2, 2);
    if (content.above != 0) paintBehind(painter, box, fill, content.above);
    if (content.text.isEmpty() || box.height() < QFontMetricsF(painter.font()).height() - 2) return;
    painter.setPen(readableOn(fill));
    painter.drawText(box, Qt::AlignCenter, content.text);
}

/// A small triangle at the right end: up where this cell has more than the one behind it.
void HeatMap::paintBehind(QPainter& painter, const QRectF& box, const QColor& fill,
                          int above) const {
    const double size = std::clamp(box.height() * 0.42, 3.0, 7.0), x = box.right() - size - 5,
                 y = box.center().y();
    const double tip = above > 0 ? y - size / 2 : y + size / 2,
                 base = above > 0 ? y + size / 2 : y - size / 2;
    painter.setPen(Qt::NoPen);
    painter.setBrush(readableOn(fill));
    painter.drawPolygon(
        QPolygonF{QPointF(x, base), QPointF(x + size, base), QPointF(x + size / 2, tip)});
}

/// A dark line inside the light one: it shows on every colour of the scale.
void HeatMap::paintSelection(QPainter& painter, std::size_t cell) const {
    const QRectF rect = cellRect(cell);
    const double gap = rect.height() > 12 ? 1.2 : 0.4;
    const bool focused = cell == m_current && hasFocus();
    const QRectF frame = rect.adjusted(2, gap + 0.6, -2, -gap - 0.6);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(QColor(15, 17, 19), rect.height() > 12 ? 4 : 2.6));
    painter.drawRoundedRect(frame.adjusted(0.8, 0.6, -0.8, -0.6), 2, 2);
    painter.setPen(QPen(focused ? QColor(0xFF, 0xB0, 0x1A) : QColor(255, 255, 255),
                        rect.height() > 12 ? 2 : 1.3));
    painter.drawRoundedRect(frame, 2, 2);
}

void HeatMap::paintLabels(QPainter& painter, const ThemeColors& colors, bool withSelection) const {
    const QFontMetricsF metrics(painter.font());
    for (int column = 0; column < columnCount(); ++column) {
        const QRectF cell = cellRect(static_cast<std::size_t>(column));
        painter.setPen(colors.secondary);
        painter.drawText(QRectF(cell.left(), 0, cell.width(), headerHeight() - 3), Qt::AlignCenter,
                         m_columns[column]);
    }
    const double height = cellRect(0).height();
    const int every = std::max(1, static_cast<int>(std::ceil(metrics.height() * 0.92 / height)));
    for (int row = 0; row < m_rows; row += every) {
        const QRectF cell = cellRect(static_cast<std::size_t>(row * columnCount()));
        bool chosen = false;
        for (int column = 0; column < columnCount(); ++column)
            chosen = chosen || (withSelection &&
                                m_selected[static_cast<std::size_t>(row * columnCount() + column)]);
        painter.setPen(chosen ? colors.text : colors.secondary);
        painter.drawText(
            QRectF(0, cell.center().y() - metrics.height(), labelWidth() - 7, 2 * metrics.height()),
            Qt::AlignRight | Qt::AlignVCenter, QString::number(row));
    }
}

void HeatMap::paintCells(QPainter& painter, const ThemeColors& colors, bool withSelection) const {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(textFont(TextRole::Small));
    paintLabels(painter, colors, withSelection);
    for (std::size_t cell = 0; cell < m_cells.size(); ++cell) {
        paintCell(painter, cell, colors);
        if (withSelection && m_cells[cell].present && m_selected[cell])
            paintSelection(painter, cell);
    }
}

void HeatMap::paintView(QPainter& painter, const QRectF& area, const ThemeColors& colors) {
    if (m_cells.empty()) return;
    const QRectF last = cellRect(m_cells.size() - 1);
    const double scale = std::min(area.width() / last.right(), area.height() / last.bottom());
    painter.save();
    painter.translate(area.topLeft());
    painter.scale(scale, scale);
    paintCells(painter, colors, false);
    painter.restore();
}

ViewTable HeatMap::viewTable() const {
    ViewTable table;
    table.header << tr("layer");
    table.header += m_columns;
    const bool compared = std::any_of(m_cells.begin(), m_cells.end(),
                                      [](const Cell& cell) { return !cell.behind.isEmpty(); });
    if (compared)
        for (const QString& column : m_columns) table.header << tr("%1, compared").arg(column);
    table.rows = m_rows;
    table.cell = [this](int row, int column) {
        if (column == 0) return ViewCell(QString::number(row));
        const int of = (column - 1) % columnCount();
        const Cell& cell = m_cells[static_cast<std::size_t>(row * columnCount() + of)];
        if (!cell.present) return ViewCell();
        if (column > columnCount()) return ViewCell(cell.behind);
        return ViewCell(cell.text.isEmpty() ? QString::number(cell.value, 'g', 4) : cell.text,
                        cell.value);
    };
    return table;
}

void HeatMap::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    if (m_cells.empty()) {
        painter.setPen(themeColors(this).secondary);
        painter.drawText(rect().adjusted(6, 0, -6, 0), Qt::AlignCenter | Qt::TextWordWrap,
                         m_emptyText);
        return;
    }
    paintCells(painter, themeColors(this), true);
    if (!m_bandFrom || !m_bandTo) return;
    QColor fill = themeColors(this).accent;
    painter.setPen(fill);
    fill.setAlphaF(0.15F);
    painter.setBrush(fill);
    painter.drawRect(QRectF(*m_bandFrom, *m_bandTo).normalized());
}

void HeatMap::announce() {
    std::vector<std::size_t> cells;
    for (std::size_t i = 0; i < m_selected.size(); ++i)
        if (m_selected[i] && m_cells[i].present) cells.push_back(i);
    if (m_tip && !m_cells.empty()) setAccessibleDescription(m_tip(m_current));
    update();
    Q_EMIT selectionEdited(cells, m_current);
}

void HeatMap::selectRectangle(std::size_t from, std::size_t to, bool add) {
    const auto columns = static_cast<std::size_t>(columnCount());
    const auto [top, bottom] = std::minmax({from / columns, to / columns});
    const auto [left, right] = std::minmax({from % columns, to % columns});
    if (!add) m_selected.assign(m_cells.size(), false);
    for (std::size_t row = top; row <= bottom; ++row)
        for (std::size_t column = left; column <= right; ++column)
            m_selected[row * columns + column] = true;
}

void HeatMap::mousePressEvent(QMouseEvent* event) {
    const auto cell = cellAt(event->position(), false);
    if (event->button() != Qt::LeftButton) return;
    m_bandFrom = event->position();
    m_beforeBand = event->modifiers().testFlag(Qt::ControlModifier)
                       ? m_selected
                       : std::vector<bool>(m_cells.size(), false);
    if (!cell) return;
    if (event->modifiers().testFlag(Qt::ShiftModifier)) {
        selectRectangle(m_anchor, *cell, false);
    } else if (event->modifiers().testFlag(Qt::ControlModifier)) {
        m_selected[*cell] = !m_selected[*cell];
        m_anchor = *cell;
    } else {
        selectRectangle(*cell, *cell, false);
        m_anchor = *cell;
    }
    m_current = *cell;
    announce();
}

void HeatMap::mouseMoveEvent(QMouseEvent* event) {
    const auto over = cellAt(event->position(), false);
    Q_EMIT hovered(over ? static_cast<int>(*over) : -1);
    if (!m_bandFrom || !event->buttons().testFlag(Qt::LeftButton)) return;
    if (!m_bandTo && (event->position() - *m_bandFrom).manhattanLength() < 6) return;
    m_bandTo = event->position();
    const auto from = cellAt(*m_bandFrom, true), to = cellAt(*m_bandTo, true);
    if (!from || !to) return;
    m_selected = m_beforeBand;
    selectRectangle(*from, *to, true);
    m_current = *to;
    announce();
}

void HeatMap::mouseReleaseEvent(QMouseEvent*) {
    m_bandFrom.reset();
    m_bandTo.reset();
    update();
}

void HeatMap::leaveEvent(QEvent*) {
    Q_EMIT hovered(-1);
}

void HeatMap::moveCurrent(int rows, int columns, bool extend) {
    if (m_cells.empty()) return;
    const int row = std::clamp(static_cast<int>(m_current) / columnCount() + rows, 0, m_rows - 1);
    const int column =
        std::clamp(static_cast<int>(m_current) % columnCount() + columns, 0, columnCount() - 1);
    m_current = static_cast<std::size_t>(row * columnCount() + column);
    if (!extend) m_anchor = m_current;
    selectRectangle(m_anchor, m_current, false);
    announce();
}

/// Ctrl+arrow: another cell is current, the selection stays.
bool HeatMap::walk(int key) {
    const int row = key == Qt::Key_Up ? -1 : key == Qt::Key_Down ? 1 : 0;
    const int column = key == Qt::Key_Left ? -1 : key == Qt::Key_Right ? 1 : 0;
    if (m_cells.empty() || (row == 0 && column == 0)) return false;
    const int to =
        std::clamp(static_cast<int>(m_current) / columnCount() + row, 0, m_rows - 1) *
            columnCount() +
        std::clamp(static_cast<int>(m_current) % columnCount() + column, 0, columnCount() - 1);
    m_current = static_cast<std::size_t>(to);
    announce();
    return true;
}

void HeatMap::toggleCurrent() {
    if (m_cells.empty()) return;
    m_selected[m_current] = !m_selected[m_current];
    m_anchor = m_current;
    announce();
}

void HeatMap::contextMenuEvent(QContextMenuEvent* event) {
    if (!m_cells.empty()) showTableMenu(this, event->globalPos(), viewName(), viewTable());
}

void HeatMap::keyPressEvent(QKeyEvent* event) {
    const bool extend = event->modifiers().testFlag(Qt::ShiftModifier);
    if (event->matches(QKeySequence::SelectAll)) {
        m_selected.assign(m_cells.size(), true);
        return announce();
    }
    if (event->modifiers().testFlag(Qt::ControlModifier) && walk(event->key())) return;
    switch (event->key()) {
        case Qt::Key_Up:
            return moveCurrent(-1, 0, extend);
        case Qt::Key_Down:
            return moveCurrent(1, 0, extend);
        case Qt::Key_Left:
            return moveCurrent(0, -1, extend);
        case Qt::Key_Right:
            return moveCurrent(0, 1, extend);
        case Qt::Key_PageUp:
            return moveCurrent(-5, 0, extend);
        case Qt::Key_PageDown:
            return moveCurrent(5, 0, extend);
        case Qt::Key_Home:
            return moveCurrent(-m_rows, 0, extend);
        case Qt::Key_End:
            return moveCurrent(m_rows, 0, extend);
        case Qt::Key_Plus:
        case Qt::Key_Equal:
            Q_EMIT nudged(1);
            return;
        case Qt::Key_Minus:
            Q_EMIT nudged(-1);
            return;
        case Qt::Key_L:
            Q_EMIT lockToggled();
            return;
        case Qt::Key_Space:
            return toggleCurrent();
        case Qt::Key_Return:
        case Qt::Key_Enter:
            Q_EMIT entered();
            return;
        default:
            QWidget::keyPressEvent(event);
    }
}

void HeatMap::focusInEvent(QFocusEvent*) {
    update();
}
void HeatMap::focusOutEvent(QFocusEvent*) {
    update();
}

bool HeatMap::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        const auto cell = cellAt(help->pos(), false);
        if (cell && m_tip)
            QToolTip::showText(help->globalPos(), m_tip(*cell), this);
        else
            QToolTip::hideText();
        return true;
    }
    return QWidget::event(event);
}

}  // namespace skd
