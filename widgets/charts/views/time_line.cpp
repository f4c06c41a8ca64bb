#include "charts/views/time_line.h"

#include <QFontMetricsF>
#include <QPainter>
#include <algorithm>
#include <array>
#include <cmath>

#include "charts/plot/plot_canvas.h"
#include "charts/views/color_scale.h"
#include "style/format.h"
#include "style/theme.h"

namespace skd {

namespace {
constexpr double kGutter = 66;
}

TimeLine::TimeLine(const QString& accessibleName, QWidget* parent) : QWidget(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(accessibleName);
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
    setAccessibleDescription(empty() ? m_emptyText
                                     : tr("Time line: %1 records in %2 rows.")
                                           .arg(m_content.records->size())
                                           .arg(m_content.rows->rows.size()));
    markDirty();
}

void TimeLine::setEmptyText(const QString& text) {
    m_emptyText = text;
    update();
}

void TimeLine::setHighlighted(const std::vector<bool>& modules) {
    m_marked.clear();
    m_anyMarked = std::find(modules.begin(), modules.end(), true) != modules.end();
    if (m_anyMarked && !empty()) {
        for (const TimeLineRow& row : m_content.rows->rows) {
            auto& marked = m_marked.emplace_back();
            for (std::uint32_t record : row.records)
                if (modules[static_cast<std::size_t>((*m_content.records)[record].module)])
                    marked.push_back(record);
        }
    }
    markDirty();
}

Range TimeLine::whole() const {
    if (empty()) return {};
    const auto& rows = *m_content.rows;
    return {static_cast<double>(rows.beginNs),
            std::max(static_cast<double>(rows.endNs), static_cast<double>(rows.beginNs) + 1)};
}

QRectF TimeLine::area() const {
    const double axis = QFontMetricsF(textFont(TextRole::Small)).height() + 4;
    return {kGutter, axis, std::max(10.0, extent().width() - kGutter - 1),
            std::max(10.0, extent().height() - axis - 1)};
}

double TimeLine::rowHeight() const {
    const double rows = empty() ? 1 : static_cast<double>(m_content.rows->rows.size());
    return std::clamp(area().height() / rows, 9.0, 22.0);
}

double TimeLine::rowTop(std::size_t row) const {
    return area().top() + static_cast<double>(row) * rowHeight() - m_scroll;
}

double TimeLine::timeAt(double x) const {
    return m_view.low + (x - area().left()) / area().width() * m_view.span();
}

void TimeLine::zoomTo(const Range& ns) {
    if (empty()) return;
    const Range all = whole();
    const double span = std::clamp(ns.span(), std::min(50.0, all.span()), all.span());
    const double low = std::clamp(ns.low, all.low, all.high - span);
    m_view = {low, low + span};
    markDirty();
}

void TimeLine::zoomWhole() {
    m_scroll = 0;
    zoomTo(whole());
}

void TimeLine::zoom(double factor, double ns) {
    const double span = std::clamp(m_view.span() * factor, 50.0, whole().span());
    const double share = (ns - m_view.low) / m_view.span();
    zoomTo({ns - share * span, ns - share * span + span});
}

void TimeLine::pan(double share) {
    zoomTo({m_view.low + share * m_view.span(), m_view.high + share * m_view.span()});
}

QRectF TimeLine::recordRect(std::size_t row, std::uint32_t record) const {
    const ProfileRecord& one = (*m_content.records)[record];
    const double scale = area().width() / m_view.span();
    const double left = area().left() + (static_cast<double>(one.beginNs) - m_view.low) * scale;
    return {left, rowTop(row) + 0.5, static_cast<double>(one.endNs - one.beginNs) * scale,
            rowHeight() - 1};
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
        const ProfileRecord& record = (*m_content.records)[block.record];
        QColor fill = inTheme(m_content.colors[static_cast<std::size_t>(record.module)],
                              themeColors(this), colors());
        if (record.scope && !faint) fill.setAlphaF(0.78F);
        if (faint) fill.setAlphaF(0.2F);
        const QRectF rect(place.left() + block.left, top, block.width, height);
        painter.fillRect(rect.width() > 3 ? rect.adjusted(0, 0, -1, 0) : rect, fill);
        if (faint || block.count > 1 || rect.width() < 26 || height < metrics.height() - 2)
            continue;
        painter.setPen(readableOn(fill));
        painter.drawText(
            rect.adjusted(3, 0, -3, 0), Qt::AlignLeft | Qt::AlignVCenter,
            metrics.elidedText(m_content.text(record), Qt::ElideRight, rect.width() - 6));
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
    const ThemeColors& colors = this->colors();
    const double top = rowTop(row);
    if (row > 0) {
        painter.setPen(colors.border);
        painter.drawLine(QPointF(0, top), QPointF(extent().width(), top));
    }
    painter.setPen(colors.secondary);
    painter.drawText(QRectF(0, top, kGutter - 8, std::max(rowHeight(), 13.0)),
                     Qt::AlignRight | Qt::AlignVCenter, tr("thread %1").arg(lane.thread));
}

void TimeLine::paintAxis(QPainter& painter) {
    const ThemeColors& colors = this->colors();
    const QRectF place = area();
    const int count = std::max(2, static_cast<int>(place.width() / 110));
    for (double tick : linearTicks(m_view, count)) {
        const double x = place.left() + (tick - m_view.low) / m_view.span() * place.width();
        painter.setPen(colors.grid);
        painter.drawLine(QPointF(x, place.top() - 3), QPointF(x, place.bottom()));
        const QString text = tick == 0 ? QStringLiteral("0") : formatSpan(tick * 1e-9);
        const double half = QFontMetricsF(painter.font()).horizontalAdvance(text) / 2 + 1;
        painter.setPen(colors.secondary);
        painter.drawText(
            QRectF(std::clamp(x - half, place.left() - half, extent().width() - 2 * half), 0,
                   2 * half, place.top() - 3),
            Qt::AlignCenter, text);
    }
}

void TimeLine::render() {
    m_dirty = false;
    m_drawn = 0;
    m_cache = QPixmap(size() * devicePixelRatioF());
    m_cache.setDevicePixelRatio(devicePixelRatioF());
    m_cache.fill(Qt::transparent);
    if (empty() || m_content.colors.empty()) return;
    QPainter painter(&m_cache);
    paintRows(painter);
}

void TimeLine::paintRows(QPainter& painter) {
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

void TimeLine::paintEvent(QPaintEvent*) {
    const ThemeColors& colors = themeColors(this);
    QPainter painter(this);
    if (empty()) {
        painter.setPen(colors.secondary);
        painter.drawText(rect().adjusted(20, 0, -20, 0), Qt::AlignCenter | Qt::TextWordWrap,
                         m_emptyText);
        return;
    }
    if (m_dirty || m_cache.devicePixelRatio() != devicePixelRatioF()) render();
    painter.drawPixmap(0, 0, m_cache);
    const auto under = m_hover && !m_dragged ? recordAtPoint(*m_hover) : std::nullopt;
    painter.setClipRect(area());
    for (const auto& [record, color] :
         {std::pair(m_current, colors.accent), std::pair(under, colors.text)}) {
        if (!record) continue;
        for (std::size_t row = 0; row < m_content.rows->rows.size(); ++row) {
            const auto& records = m_content.rows->rows[row].records;
            const std::size_t at =
                recordAt(*m_content.records, records,
                         static_cast<double>((*m_content.records)[*record].beginNs));
            if (at == records.size() || records[at] != *record) continue;
            painter.setPen(QPen(color, 1.5));
            painter.drawRect(recordRect(row, *record).adjusted(0, 0, -1, -1));
        }
    }
    painter.setClipping(false);
    painter.setFont(textFont(TextRole::Small));
    if (under)
        paintBubble(painter, *m_hover + QPointF(12, 4), m_content.tip((*m_content.records)[*under]),
                    rect(), colors);
    if (hasFocus()) {
        painter.setPen(QPen(colors.accent, 1));
        painter.drawRect(QRectF(area()).adjusted(0, 0, -1, -1));
    }
}

void TimeLine::paintView(QPainter& painter, const QRectF& area, const ThemeColors& colors) {
    if (empty()) return;
    m_extent = area.size();
    m_colors = &colors;
    painter.save();
    painter.translate(area.topLeft());
    paintRows(painter);
    painter.restore();
    m_extent = {};
    m_colors = nullptr;
}

ViewTable TimeLine::viewTable() const {
    ViewTable table{
        {tr("name"), tr("part"), tr("thread"), tr("begin, ns"), tr("end, ns"), tr("self, ns")},
        0,
        {}};
    if (!m_content.records) return table;
    table.rows = static_cast<int>(m_content.records->size());
    table.cell = [records = m_content.records](int row, int column) -> ViewCell {
        const ProfileRecord& one = (*records)[static_cast<std::size_t>(row)];
        if (column == 0) return QString::fromStdString(one.name);
        if (column == 1) return QString::fromLatin1(enumName(one.module));
        return ViewCell::number(static_cast<double>(std::array{
            one.thread, one.beginNs, one.endNs, one.selfNs}[static_cast<std::size_t>(column - 2)]));
    };
    return table;
}

void TimeLine::markDirty() {
    m_dirty = true;
    update();
}

}  // namespace skd
