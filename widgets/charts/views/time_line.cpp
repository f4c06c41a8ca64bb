#include "charts/views/time_line.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "charts/plot/plot_zoom.h"
#include "charts/views/color_scale.h"
#include "style/format.h"

namespace skd {

namespace {
constexpr double kGutter = 66;                  ///< px for the names of threads
constexpr double kLeastRow = 9, kMostRow = 22;  ///< px
constexpr double kLeastSpan = 50;               ///< ns
constexpr double kPan = 0.1;                    ///< of the range in view
}  // namespace

TimeLine::TimeLine(const QString& accessibleName, QWidget* parent)
    : PaintedView(Kind::Chart, accessibleName, parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void TimeLine::setContent(Content content) {
    const bool other = content.records != m_content.records;
    m_content = std::move(content);
    if (other) {
        m_marked.clear();
        m_anyMarked = false;
        m_current.reset();
        m_scroll = 0;
        m_view = whole();
    }
    setAccessibleDescription(empty() ? emptyText()
                                     : tr("Time line: %1 records in %2 rows.")
                                           .arg(m_content.records->size())
                                           .arg(m_content.rows->rows.size()));
    markDirty();
}

void TimeLine::setHighlighted(const std::vector<bool>& modules) {
    m_marked.clear();
    m_anyMarked = std::find(modules.begin(), modules.end(), true) != modules.end();
    if (m_anyMarked && !empty()) {
        for (const TimeLineRow& row : m_content.rows->rows) {
            auto& marked = m_marked.emplace_back();
            for (std::uint32_t record : row.records)
                if (modules[static_cast<std::size_t>(recordOf(record).module)])
                    marked.push_back(record);
        }
    }
    markDirty();
}

Range TimeLine::whole() const {
    if (empty()) return {};
    const double begin = m_content.rows->beginNs, end = m_content.rows->endNs;
    return {begin, std::max(end, begin + 1)};
}

QRectF TimeLine::area() const {
    const double axis = smallLineHeight() + 4;
    return {kGutter, axis, std::max(10.0, extent().width() - kGutter - 1),
            std::max(10.0, extent().height() - axis - 1)};
}

double TimeLine::rowHeight() const {
    const double rows = empty() ? 1 : static_cast<double>(m_content.rows->rows.size());
    return std::clamp(area().height() / rows, kLeastRow, kMostRow);
}

void TimeLine::zoomTo(const Range& ns) {
    if (empty()) return;
    const Range all = whole();
    const double span = std::clamp(ns.span(), std::min(kLeastSpan, all.span()), all.span());
    const double low = std::clamp(ns.low, all.low, all.high - span);
    m_view = {low, low + span};
    markDirty();
}

void TimeLine::zoomWhole() {
    m_scroll = 0;
    zoomTo(whole());
}

void TimeLine::zoom(double factor, double ns) {
    const double span = std::clamp(m_view.span() * factor, kLeastSpan, whole().span());
    const double share = (ns - m_view.low) / m_view.span();
    zoomTo({ns - share * span, ns - share * span + span});
}

QRectF TimeLine::recordRect(std::size_t row, std::uint32_t record) const {
    const ProfileRecord& one = recordOf(record);
    const double scale = area().width() / m_view.span();
    const double left = area().left() + (one.beginNs - m_view.low) * scale;
    return {left, rowTop(row) + 0.5, (one.endNs - one.beginNs) * scale, rowHeight() - 1};
}

std::optional<std::uint32_t> TimeLine::recordAtPoint(const QPointF& position) const {
    if (empty() || !area().contains(position)) return std::nullopt;
    const double row = std::floor((position.y() - area().top() + m_scroll) / rowHeight());
    const auto& rows = m_content.rows->rows;
    if (row < 0 || row >= static_cast<double>(rows.size())) return std::nullopt;
    const auto& records = rows[static_cast<std::size_t>(row)].records;
    const double column = m_view.span() / area().width();
    for (double shift : {0.0, 0.5 * column, -0.5 * column}) {  // short ones are a column wide
        const std::size_t at = recordAt(*m_content.records, records, timeAt(position.x()) + shift);
        if (at < records.size()) return records[at];
    }
    return std::nullopt;
}

void TimeLine::paintBlocks(QPainter& painter, std::size_t row,
                           const std::vector<std::uint32_t>& records, bool faint) {
    const QRectF place = area();
    const double top = rowTop(row) + 0.5, height = rowHeight() - 1;
    const QFontMetricsF metrics(painter.font());
    for (const TimeLineBlock& block :
         timeLineBlocks(*m_content.records, records, m_view.low, m_view.high, place.width())) {
        ++m_drawn;
        const ProfileRecord& record = recordOf(block.record);
        QColor fill = themed(m_content.colors[static_cast<std::size_t>(record.module)]);
        if (record.scope && !faint) fill.setAlphaF(0.78F);
        if (faint) fill.setAlphaF(0.2F);
        const QRectF rect(place.left() + block.left, top, block.width, height);
        painter.fillRect(rect.width() > 3 ? rect.adjusted(0, 0, -1, 0) : rect, fill);
        if (faint || block.count > 1 || rect.width() < 26 || height < metrics.height() - 2)
            continue;
        writeText(painter, readableOn(fill), rect.adjusted(3, 0, -3, 0), kAtLeft,
                  m_content.text(record), Qt::ElideRight);
    }
}

void TimeLine::paintRow(QPainter& painter, std::size_t row) {
    paintBlocks(painter, row, m_content.rows->rows[row].records, m_anyMarked);
    if (m_anyMarked) paintBlocks(painter, row, m_marked[row], false);
}

/// Names a thread beside its first row.
void TimeLine::paintLane(QPainter& painter, std::size_t row) {
    const TimeLineRow& lane = m_content.rows->rows[row];
    if (lane.depth != 0) return;
    const double top = rowTop(row);
    if (row > 0) {
        painter.setPen(colors().border);
        painter.drawLine(QPointF(0, top), QPointF(extent().width(), top));
    }
    writeText(painter, colors().secondary, QRectF(0, top, kGutter - 8, std::max(rowHeight(), 13.0)),
              kAtRight, tr("thread %1").arg(lane.thread));
}

void TimeLine::paintAxis(QPainter& painter) {
    const QRectF place = area();
    const int count = std::max(2, static_cast<int>(place.width() / 110));
    for (double tick : linearTicks(m_view, count)) {
        const double x = place.left() + (tick - m_view.low) / m_view.span() * place.width();
        painter.setPen(colors().grid);
        painter.drawLine(QPointF(x, place.top() - 3), QPointF(x, place.bottom()));
        const QString text = tick == 0 ? QStringLiteral("0") : formatSpan(tick * 1e-9);
        const double half = QFontMetricsF(painter.font()).horizontalAdvance(text) / 2 + 1;
        const double left = std::clamp(x - half, place.left() - half, extent().width() - 2 * half);
        writeText(painter, colors().secondary, QRectF(left, 0, 2 * half, place.top() - 3),
                  Qt::AlignCenter, text);
    }
}

void TimeLine::paintContent(QPainter& painter) {
    m_drawn = 0;
    if (m_content.colors.empty()) return;
    painter.setFont(textFont(TextRole::Small));
    paintAxis(painter);
    painter.setClipRect(QRectF(0, area().top(), extent().width(), area().height()),
                        Qt::IntersectClip);
    for (std::size_t row = 0; row < m_content.rows->rows.size(); ++row) {
        if (rowTop(row) + rowHeight() < area().top() || rowTop(row) > extent().height()) continue;
        paintRow(painter, row);
        paintLane(painter, row);
    }
}

/// Around a record, in whichever row it lies.
void TimeLine::paintFrame(QPainter& painter, std::uint32_t record, const QColor& color) {
    const auto& all = *m_content.records;
    for (std::size_t row = 0; row < m_content.rows->rows.size(); ++row) {
        const auto& records = m_content.rows->rows[row].records;
        const std::size_t at = recordAt(all, records, all[record].beginNs);
        if (at == records.size() || records[at] != record) continue;
        painter.setPen(QPen(color, 1.5));
        painter.drawRect(recordRect(row, record).adjusted(0, 0, -1, -1));
    }
}

void TimeLine::paintOverlay(QPainter& painter) {
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setClipRect(area());
    const auto under = hover() && !m_drag ? recordAtPoint(*hover()) : std::nullopt;
    if (m_current) paintFrame(painter, *m_current, colors().accent);
    if (under) paintFrame(painter, *under, colors().text);
    painter.setClipping(false);
    if (under)
        paintBubble(painter, *hover() + QPointF(12, 4), m_content.tip(recordOf(*under)), rect(),
                    colors());
    if (!hasFocus()) return;
    painter.setPen(QPen(colors().accent, 1));
    painter.drawRect(area().adjusted(0, 0, -1, -1));
}

ViewTable TimeLine::viewTable() const {
    ViewTable table{
        {tr("name"), tr("part"), tr("thread"), tr("begin, ns"), tr("end, ns"), tr("self, ns")},
        0,
        {}};
    if (!m_content.records) return table;
    table.rows = static_cast<int>(m_content.records->size());
    table.cell = [records = m_content.records](int row, int column) -> ViewCell {
        const ProfileRecord& one = (*records)[row];
        if (column == 0) return QString::fromStdString(one.name);
        if (column == 1) return QString::fromLatin1(enumName(one.module));
        return ViewCell::number(static_cast<double>(
            std::array{one.thread, one.beginNs, one.endNs, one.selfNs}[column - 2]));
    };
    return table;
}

void TimeLine::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || empty()) return;
    m_drag = Drag{event->position(), m_view, m_scroll};
}

void TimeLine::mouseMoveEvent(QMouseEvent* event) {
    PaintedView::mouseMoveEvent(event);
    if (!m_drag) return;
    const QPointF moved = event->position() - m_drag->from;
    if (!m_drag->moved && moved.manhattanLength() <= 4) return;
    m_drag->moved = true;
    setCursor(Qt::ClosedHandCursor);
    const double shift = moved.x() / area().width() * m_drag->view.span();
    const double rows = m_content.rows->rows.size() * rowHeight();
    m_scroll = std::clamp(m_drag->scroll - moved.y(), 0.0, std::max(0.0, rows - area().height()));
    zoomTo({m_drag->view.low - shift, m_drag->view.high - shift});
}

void TimeLine::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || !m_drag) return;
    unsetCursor();
    const Drag drag = *std::exchange(m_drag, std::nullopt);
    if (drag.moved) return update();
    const auto record = recordAtPoint(event->position());
    setCurrent(record);
    if (record)
        Q_EMIT picked(*record);
    else
        Q_EMIT pickedNothing();
}

void TimeLine::mouseDoubleClickEvent(QMouseEvent* event) {
    const auto record = recordAtPoint(event->position());
    if (!record) return zoomWhole();
    const ProfileRecord& one = recordOf(*record);
    const double margin = 0.05 * (one.endNs - one.beginNs);
    zoomTo({one.beginNs - margin, one.endNs + margin});
}

void TimeLine::wheelEvent(QWheelEvent* event) {
    const QPoint turned = event->angleDelta();
    if (empty() || turned.isNull()) return;
    event->accept();
    if (std::abs(turned.x()) > std::abs(turned.y())) return pan(turned.x() > 0 ? -kPan : kPan);
    zoom(turned.y() > 0 ? kZoomIn : kZoomOut,
         timeAt(std::max(event->position().x(), area().left())));
}

void TimeLine::keyPressEvent(QKeyEvent* event) {
    if (empty()) return QWidget::keyPressEvent(event);
    const bool shift = event->modifiers().testFlag(Qt::ShiftModifier);
    const double center = (m_view.low + m_view.high) / 2;
    const bool known = actOnKey(
        *event, {{{Qt::Key_Left}, [&] { shift ? step(-1) : pan(-kPan); }},
                 {{Qt::Key_Right}, [&] { shift ? step(1) : pan(kPan); }},
                 {{Qt::Key_Plus, Qt::Key_Equal, Qt::Key_Up}, [&] { zoom(kZoomIn, center); }},
                 {{Qt::Key_Minus, Qt::Key_Down}, [&] { zoom(kZoomOut, center); }},
                 {{Qt::Key_Home, Qt::Key_Escape}, [&] { zoomWhole(); }}});
    if (!known) QWidget::keyPressEvent(event);
}

/// To the next record of the row in which the current one lies; of those that stand out, where some
/// do.
void TimeLine::step(int direction) {
    const auto& rows = m_content.rows->rows;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto& own = rows[row].records;
        const auto& records = m_anyMarked && !m_marked[row].empty() ? m_marked[row] : own;
        if (m_current && std::find(own.begin(), own.end(), *m_current) == own.end()) continue;
        const auto now =
            m_current ? std::find(records.begin(), records.end(), *m_current) : records.end();
        auto next = static_cast<std::ptrdiff_t>(0);
        if (now != records.end())
            next = std::clamp<std::ptrdiff_t>(now - records.begin() + direction, 0,
                                              std::ssize(records) - 1);
        setCurrent(records[next]);
        break;
    }
    if (!m_current) return;
    const ProfileRecord& one = recordOf(*m_current);
    const double middle = (one.beginNs + one.endNs) / 2.0;
    if (middle < m_view.low || middle > m_view.high)
        zoomTo({middle - m_view.span() / 2, middle + m_view.span() / 2});
    Q_EMIT picked(*m_current);
}

void TimeLine::setCurrent(std::optional<std::uint32_t> record) {
    m_current = record;
    setAccessibleDescription(record ? m_content.tip(recordOf(*record)) : QString());
    update();
}

}  // namespace skd
