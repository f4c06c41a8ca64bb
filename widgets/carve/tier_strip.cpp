#include "carve/tier_strip.h"

#include <QFontMetricsF>
#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>

namespace skd {

namespace {

constexpr double kPad = 8;  ///< half a handle, above and below

double rounded(double factor) {
    return std::round(std::clamp(factor, 0.0, TierStrip::kMost) * 20) / 20;
}

}  // namespace

TierStrip::TierStrip(const Factors& standard, QWidget* parent)
    : SliderView(tr("Tiers: share removed from early, middle and late layers, relative to each "
                    "other"),
                 parent),
      m_standard(standard),
      m_factors(standard) {
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

std::optional<int> TierStrip::tierAt(const QPointF& position) const {
    const auto all = edges();
    for (int tier = 0; tier < 3; ++tier)
        if (exists(tier) && position.x() >= all[static_cast<std::size_t>(tier)] &&
            position.x() < all[static_cast<std::size_t>(tier) + 1])
            return tier;
    return std::nullopt;
}

void TierStrip::paintTier(QPainter& painter, int tier) const {
    const QPointF center = handleCenter(tier);
    const bool focused = tier == m_current && hasFocus();
    painter.setPen(focused ? QPen(colors().text, 1.6) : QPen(colors().card, 1));
    painter.setBrush(colors().good);
    painter.drawRoundedRect(QRectF(center.x() - 13, center.y() - 5, 26, 10), 3, 3);
    const QFontMetricsF metrics(painter.font());
    const double width = metrics.horizontalAdvance(text(tier)) + 6, line = metrics.height();
    const double x = std::min(center.x() + 17, this->width() - width);
    const QRectF box(x, std::clamp(center.y() - line / 2, 0.0, height() - line), width, line);
    painter.fillRect(box, colors().card);  // the step line ends at the words
    painter.setPen(colors().text);
    painter.drawText(box, Qt::AlignCenter, text(tier));
}

void TierStrip::paintContent(QPainter& painter) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(textFont(TextRole::Small));
    const auto all = edges();
    painter.setPen(QPen(colors().grid, 1));
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
    painter.setPen(QPen(colors().good, 1.6));
    painter.drawPath(path);
    for (int tier = 0; tier < 3; ++tier)
        if (exists(tier)) paintTier(painter, tier);
}

ViewTable TierStrip::viewTable() const {
    ViewTable table;
    if (!isVisibleTo(parentWidget())) return table;  // another rule makes the ranks
    table.header << tr("layers") << tr("factor");
    table.rows = 3;
    table.cell = [factors = m_factors](int row, int column) -> ViewCell {
        static const std::array<const char*, 3> names{QT_TR_NOOP("early"), QT_TR_NOOP("middle"),
                                                      QT_TR_NOOP("late")};
        if (column == 0) return tr(names[static_cast<std::size_t>(row)]);
        return ViewCell::number(factors[static_cast<std::size_t>(row)]);
    };
    return table;
}

void TierStrip::choose(int tier) {
    if (tier < 0 || tier > 2 || !exists(tier)) return;
    m_current = tier;
    forgetDigits();
    setAccessibleDescription(text(tier));
    update();
}

void TierStrip::set(double factor) {
    Q_EMIT pressed();
    Q_EMIT moved(m_current, rounded(factor));
    Q_EMIT released();
}

bool TierStrip::pressable(const QPointF& position) const {
    return tierAt(position).has_value();
}

void TierStrip::mousePressEvent(QMouseEvent* event) {
    const auto tier = tierAt(event->position());
    if (event->button() != Qt::LeftButton || !tier) return;
    choose(*tier);
    Q_EMIT pressed();
    startDrag(event->position().y());
}

void TierStrip::dragTo(double y) {
    Q_EMIT moved(m_current, rounded((height() - kPad - y) / (height() - 2 * kPad) * kMost));
}

void TierStrip::mouseDoubleClickEvent(QMouseEvent* event) {
    const auto tier = tierAt(event->position());
    if (!tier || event->button() != Qt::LeftButton) return;
    choose(*tier);
    set(m_standard[static_cast<std::size_t>(*tier)]);
}

QString TierStrip::typingText(const QString& digits) const {
    return tr("factor %1 ⏎").arg(digits);
}

void TierStrip::step(int direction, bool coarse) {
    set(m_factors[static_cast<std::size_t>(m_current)] + direction * (coarse ? 0.5 : 0.1));
}

void TierStrip::enter(const QString& digits) {
    bool number = false;
    if (const double value = digits.toDouble(&number); number) set(value);
}

bool TierStrip::ownKey(const QKeyEvent& event) {
    switch (event.key()) {
        case Qt::Key_Left:
            choose(m_current - 1);
            return true;
        case Qt::Key_Right:
            choose(m_current + 1);
            return true;
        case Qt::Key_Delete:
        case Qt::Key_Backspace:
            set(m_standard[static_cast<std::size_t>(m_current)]);
            return true;
        default:
            return false;
    }
}

}  // namespace skd
