#include "charts/views/heat_map.h"

#include <algorithm>
#include <cmath>

#include "charts/views/color_scale.h"

namespace skd {

namespace {
constexpr double kWidest = 70, kTallest = 34;  ///< of a cell
constexpr double kTall = 12;                   ///< cells above it have room between them
constexpr double kRound = 2;
}  // namespace

HeatMap::HeatMap(QWidget* parent)
    : PaintedView(Kind::Control, tr("Heat map of matrices by layer"), parent) {}

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
    describe();
    update();
}

void HeatMap::describe() {
    if (m_tip && !m_cells.empty()) setAccessibleDescription(m_tip(m_current));
}

QRectF HeatMap::cellRect(std::size_t cell) const {
    const int columns = std::max(1, columnCount()), at = static_cast<int>(cell);
    const double left = labelWidth(), top = headerHeight();
    const double width = std::min(kWidest, (this->width() - left - 1) / columns);
    const double height = std::min(kTallest, (this->height() - top - 1) / std::max(1, m_rows));
    const int row = at / columns;
    return {left + at % columns * width, top + row * height, width, height};
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

double HeatMap::cellGap() const {
    return cellRect(0).height() > kTall ? 1.2 : 0.4;
}

void HeatMap::paintCell(QPainter& painter, std::size_t cell) const {
    const Cell& content = m_cells[cell];
    if (!content.present) return;
    const QRectF box = cellRect(cell).adjusted(1.2, cellGap(), -1.2, -cellGap());
    const QColor fill = std::isnan(content.level) ? colors().grid : viridis(content.level);
    painter.setPen(Qt::NoPen);
    painter.setBrush(fill);
    painter.drawRoundedRect(box, kRound, kRound);
    if (content.above != 0) paintBehind(painter, box, fill, content.above);
    if (content.text.isEmpty() || box.height() < smallLineHeight() - 2) return;
    writeText(painter, readableOn(fill), box, Qt::AlignCenter, content.text);
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
    const bool focused = cell == m_current && hasFocus(), tall = rect.height() > kTall;
    const QRectF frame = rect.adjusted(2, cellGap() + 0.6, -2, -cellGap() - 0.6);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(QColor(15, 17, 19), tall ? 4 : 2.6));
    painter.drawRoundedRect(frame.adjusted(0.8, 0.6, -0.8, -0.6), kRound, kRound);
    painter.setPen(
        QPen(focused ? QColor(0xFF, 0xB0, 0x1A) : QColor(255, 255, 255), tall ? 2 : 1.3));
    painter.drawRoundedRect(frame, kRound, kRound);
}

void HeatMap::paintLabels(QPainter& painter) const {
    const double line = smallLineHeight();
    painter.setPen(colors().secondary);
    for (int column = 0; column < columnCount(); ++column) {
        const QRectF cell = cellRect(column);
        painter.drawText(QRectF(cell.left(), 0, cell.width(), headerHeight() - 3), Qt::AlignCenter,
                         m_columns[column]);
    }
    const double height = cellRect(0).height();
    const int every = std::max(1, static_cast<int>(std::ceil(line * 0.92 / height)));
    for (int row = 0; row < m_rows; row += every) {
        const auto begin = m_selected.begin() + row * columnCount(), end = begin + columnCount();
        const bool chosen = !exporting() && std::find(begin, end, true) != end;
        painter.setPen(chosen ? colors().text : colors().secondary);
        const double middle = cellRect(row * columnCount()).center().y();
        painter.drawText(QRectF(0, middle - line, labelWidth() - 7, 2 * line), kAtRight,
                         QString::number(row));
    }
}

void HeatMap::paintContent(QPainter& painter) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(textFont(TextRole::Small));
    paintLabels(painter);
    for (std::size_t cell = 0; cell < m_cells.size(); ++cell) {
        paintCell(painter, cell);
        if (!exporting() && m_cells[cell].present && m_selected[cell])
            paintSelection(painter, cell);
    }
}

void HeatMap::paintOverlay(QPainter& painter) {
    if (!m_bandFrom || !m_bandTo) return;
    painter.setPen(colors().accent);
    painter.setBrush(withAlpha(colors().accent, 0.15F));
    painter.drawRect(QRectF(*m_bandFrom, *m_bandTo).normalized());
}

QSizeF HeatMap::contentSize() const {
    const QPointF end = cellRect(m_cells.size() - 1).bottomRight();
    return {end.x(), end.y()};
}

QString HeatMap::tipAt(const QPointF& position) const {
    const auto cell = cellAt(position, false);
    return cell && m_tip ? m_tip(*cell) : QString();
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
    table.cell = [cells = m_cells, count = columnCount()](int row, int column) {
        if (column == 0) return ViewCell(QString::number(row));
        const int of = (column - 1) % count;
        const Cell& cell = cells[row * count + of];
        if (!cell.present) return ViewCell();
        if (column > count) return ViewCell(cell.behind);
        return ViewCell(cell.text.isEmpty() ? QString::number(cell.value, 'g', 4) : cell.text,
                        cell.value);
    };
    return table;
}

void HeatMap::announce() {
    std::vector<std::size_t> cells;
    for (std::size_t i = 0; i < m_selected.size(); ++i)
        if (m_selected[i] && m_cells[i].present) cells.push_back(i);
    describe();
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
    if (event->button() != Qt::LeftButton) return;
    const bool toggles = event->modifiers().testFlag(Qt::ControlModifier);
    m_bandFrom = event->position();
    m_beforeBand = toggles ? m_selected : std::vector<bool>(m_cells.size(), false);
    const auto cell = cellAt(event->position(), false);
    if (!cell) return;
    m_current = *cell;
    if (event->modifiers().testFlag(Qt::ShiftModifier)) {
        selectRectangle(m_anchor, *cell, false);
        return announce();
    }
    if (toggles) return toggleCurrent();
    selectRectangle(*cell, *cell, false);
    m_anchor = *cell;
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

void HeatMap::moveCurrent(int rows, int columns, Qt::KeyboardModifiers modifiers) {
    if (m_cells.empty()) return;
    const int current = static_cast<int>(m_current);
    const int row = std::clamp(current / columnCount() + rows, 0, m_rows - 1);
    const int column = std::clamp(current % columnCount() + columns, 0, columnCount() - 1);
    m_current = static_cast<std::size_t>(row) * static_cast<std::size_t>(columnCount()) +
                static_cast<std::size_t>(column);
    const bool oneStep = std::abs(rows) + std::abs(columns) == 1;
    if (!oneStep || !modifiers.testFlag(Qt::ControlModifier)) {
        if (!modifiers.testFlag(Qt::ShiftModifier)) m_anchor = m_current;
        selectRectangle(m_anchor, m_current, false);
    }
    announce();
}

void HeatMap::toggleCurrent() {
    if (m_cells.empty()) return;
    m_selected[m_current] = !m_selected[m_current];
    m_anchor = m_current;
    announce();
}

void HeatMap::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::SelectAll)) {
        m_selected.assign(m_cells.size(), true);
        return announce();
    }
    const auto go = [this, event](int rows, int columns) {
        return [=, this] { moveCurrent(rows, columns, event->modifiers()); };
    };
    const bool known =
        actOnKey(*event, {{{Qt::Key_Up}, go(-1, 0)},
                          {{Qt::Key_Down}, go(1, 0)},
                          {{Qt::Key_Left}, go(0, -1)},
                          {{Qt::Key_Right}, go(0, 1)},
                          {{Qt::Key_PageUp}, go(-5, 0)},
                          {{Qt::Key_PageDown}, go(5, 0)},
                          {{Qt::Key_Home}, go(-m_rows, 0)},
                          {{Qt::Key_End}, go(m_rows, 0)},
                          {{Qt::Key_Plus, Qt::Key_Equal}, [this] { Q_EMIT nudged(1); }},
                          {{Qt::Key_Minus}, [this] { Q_EMIT nudged(-1); }},
                          {{Qt::Key_L}, [this] { Q_EMIT lockToggled(); }},
                          {{Qt::Key_Space}, [this] { toggleCurrent(); }},
                          {{Qt::Key_Return, Qt::Key_Enter}, [this] { Q_EMIT entered(); }}});
    if (!known) QWidget::keyPressEvent(event);
}

}  // namespace skd
