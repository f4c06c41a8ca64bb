#include "carve/tier_strip.h"

#include <QContextMenuEvent>
#include <QFontMetricsF>
#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "charts/table_twin.h"
#include "style/theme.h"

namespace skd {

namespace {

constexpr double kPad = 8;  ///< half a handle, above and below

double rounded(double factor) {
    return std::round(std::clamp(factor, 0.0, TierStrip::kMost) * 20) / 20;
}

}  // namespace

TierStrip::TierStrip(const Factors& standard, QWidget* parent)
    : QWidget(parent), m_standard(standard), m_factors(standard) {
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(
        tr("Tiers: share removed from early, middle and late layers, relative to each other"));
    setToolTip(
        tr("Share removed from the early, middle and late third of the layers, relative to each "
           "other.\n"
           "Drag, or type a factor from 0 to 3; a double click sets it back."));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Maximum);
}

void TierStrip::setFactors(const Factors& factors) {
    m_factors = factors;
    setAccessibleDescription(text(m_current));
    update();
}

std::array<double, 4> TierStrip::edges() const {
    if (m_edges) return m_edges();
    const double third = width() / 3.0;
    return {0, third, 2 * third, static_cast<double>(width())};
}

bool TierStrip::exists(int tier) const {
    const auto all = edges();
    return all[static_cast<std::size_t>(tier) + 1] - all[static_cast<std::size_t>(tier)] > 1;
}

QString TierStrip::text(int tier) const {
    static const std::array<const char*, 3> names{QT_TR_NOOP("early %1"), QT_TR_NOOP("middle %1"),
                                                  QT_TR_NOOP("late %1")};
    return tr(names[static_cast<std::size_t>(tier)])
        .arg(m_factors[static_cast<std::size_t>(tier)], 0, 'g', 3);
}

QPointF TierStrip::handleCenter(int tier) const {
    const auto all = edges();
    const auto index = static_cast<std::size_t>(tier);
    const double tall = height() - 2 * kPad;
    return {(all[index] + all[index + 1]) / 2,
            height() - kPad - std::min(m_factors[index], kMost) / kMost * tall};
}

double TierStrip::factorAt(double y) const {
    return rounded((height() - kPad - y) / (height() - 2 * kPad) * kMost);
}

std::optional<int> TierStrip::tierAt(const QPointF& position) const {
    const auto all = edges();
    for (int tier = 0; tier < 3; ++tier)
        if (exists(tier) && position.x() >= all[static_cast<std::size_t>(tier)] &&
            position.x() < all[static_cast<std::size_t>(tier) + 1])
            return tier;
    return std::nullopt;
}

void TierStrip::paintTier(QPainter& painter, int tier, const ThemeColors& colors) const {
    const QPointF center = handleCenter(tier);
    const bool focused = tier == m_current && hasFocus();
    painter.setPen(focused ? QPen(colors.text, 1.6) : QPen(colors.card, 1));
    painter.setBrush(colors.good);
    painter.drawRoundedRect(QRectF(center.x() - 13, center.y() - 5, 26, 10), 3, 3);
    const QFontMetricsF metrics(painter.font());
    const double width = metrics.horizontalAdvance(text(tier)) + 6, line = metrics.height();
    const double x = std::min(center.x() + 17, this->width() - width);
    const QRectF box(x, std::clamp(center.y() - line / 2, 0.0, height() - line), width, line);
    painter.fillRect(box, colors.card);  // the step line ends at the words
    painter.setPen(colors.text);
    painter.drawText(box, Qt::AlignCenter, text(tier));
}

void TierStrip::paintAll(QPainter& painter, const ThemeColors& colors) const {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(textFont(TextRole::Small));
    const auto all = edges();
    painter.setPen(QPen(colors.grid, 1));
    const double zero = height() - kPad + 0.5;
    painter.drawLine(QPointF(all.front(), zero), QPointF(all.back(), zero));
    QPainterPath path;
    for (int tier = 0; tier < 3; ++tier) {
        if (!exists(tier)) continue;
        const double y = handleCenter(tier).y();
        const QPointF from(all[static_cast<std::size_t>(tier)], y);
        path.elementCount() == 0 ? path.moveTo(from) : path.lineTo(from);
        path.lineTo(all[static_cast<std::size_t>(tier) + 1], y);
    }
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(colors.good, 1.6));
    painter.drawPath(path);
    for (int tier = 0; tier < 3; ++tier)
        if (exists(tier)) paintTier(painter, tier, colors);
}

void TierStrip::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    paintAll(painter, themeColors(this));
}

void TierStrip::paintView(QPainter& painter, const QRectF& area, const ThemeColors& colors) {
    const double scale = std::min(area.width() / width(), area.height() / height());
    painter.save();
    painter.translate(area.topLeft());
    painter.scale(scale, scale);
    paintAll(painter, colors);
    painter.restore();
}

ViewTable TierStrip::viewTable() const {
    ViewTable table;
    if (!isVisibleTo(parentWidget())) return table;  // another rule makes the ranks
    table.header << tr("layers") << tr("factor");
    table.rows = 3;
    table.cell = [this](int row, int column) -> ViewCell {
        static const std::array<const char*, 3> names{QT_TR_NOOP("early"), QT_TR_NOOP("middle"),
                                                      QT_TR_NOOP("late")};
        if (column == 0) return tr(names[static_cast<std::size_t>(row)]);
        return ViewCell::number(m_factors[static_cast<std::size_t>(row)]);
    };
    return table;
}

void TierStrip::choose(int tier) {
    if (tier < 0 || tier > 2 || !exists(tier)) return;
    m_current = tier;
    m_typing.clear();
    setAccessibleDescription(text(tier));
    update();
}

/// One step by keyboard.
void TierStrip::set(double factor) {
    Q_EMIT pressed();
    Q_EMIT moved(m_current, rounded(factor));
    Q_EMIT released();
}

void TierStrip::mousePressEvent(QMouseEvent* event) {
    const auto tier = tierAt(event->position());
    if (event->button() != Qt::LeftButton || !tier) return;
    choose(*tier);
    const double offset = handleCenter(*tier).y() - event->position().y();
    m_grab = std::abs(offset) < 8 ? offset : 0;
    Q_EMIT pressed();
    if (std::abs(offset) >= 8) Q_EMIT moved(m_current, factorAt(event->position().y()));
}

void TierStrip::mouseMoveEvent(QMouseEvent* event) {
    if (m_grab)
        Q_EMIT moved(m_current, factorAt(event->position().y() + *m_grab));
    else
        setCursor(tierAt(event->position()) ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

void TierStrip::mouseReleaseEvent(QMouseEvent*) {
    if (!m_grab) return;
    m_grab.reset();
    Q_EMIT released();
}

void TierStrip::mouseDoubleClickEvent(QMouseEvent* event) {
    const auto tier = tierAt(event->position());
    if (!tier || event->button() != Qt::LeftButton) return;
    choose(*tier);
    set(m_standard[static_cast<std::size_t>(*tier)]);
}

bool TierStrip::typeDigit(const QString& text) {
    if (text.size() != 1 || !(text[0].isDigit() || text[0] == QLatin1Char('.'))) return false;
    m_typing += text;
    QToolTip::showText(mapToGlobal(handleCenter(m_current).toPoint()),
                       tr("factor %1 ⏎").arg(m_typing), this);
    return true;
}

void TierStrip::keyPressEvent(QKeyEvent* event) {
    const double now = m_factors[static_cast<std::size_t>(m_current)];
    if (!(event->modifiers() & Qt::ControlModifier) && typeDigit(event->text())) return;
    bool number = false;
    switch (event->key()) {
        case Qt::Key_Left:
            return choose(m_current - 1);
        case Qt::Key_Right:
            return choose(m_current + 1);
        case Qt::Key_Up:
            return set(now + 0.1);
        case Qt::Key_Down:
            return set(now - 0.1);
        case Qt::Key_PageUp:
            return set(now + 0.5);
        case Qt::Key_PageDown:
            return set(now - 0.5);
        case Qt::Key_Delete:
        case Qt::Key_Backspace:
            return set(m_standard[static_cast<std::size_t>(m_current)]);
        case Qt::Key_Return:
        case Qt::Key_Enter:
            if (const double value = std::exchange(m_typing, {}).toDouble(&number); number)
                set(value);
            return;
        case Qt::Key_Escape:
            m_typing.clear();
            return;
        default:
            QWidget::keyPressEvent(event);
    }
}

void TierStrip::focusInEvent(QFocusEvent*) {
    update();
}
void TierStrip::focusOutEvent(QFocusEvent*) {
    m_typing.clear();
    update();
}

void TierStrip::contextMenuEvent(QContextMenuEvent* event) {
    showTableMenu(this, event->globalPos(), viewName(), viewTable());
}

}  // namespace skd
