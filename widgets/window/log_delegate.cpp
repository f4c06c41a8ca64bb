#include "window/log_delegate.h"

#include <QFontMetricsF>
#include <QPainter>

#include "style/theme.h"
#include "window/log_model.h"

namespace skd {

QSize LogDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const {
    return {100, static_cast<int>(QFontMetricsF(textFont(TextRole::Small)).height()) + 4};
}

void LogDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                        const QModelIndex& index) const {
    const ThemeColors& colors = themeColors(option.palette);
    const auto level = static_cast<log::Level>(index.data(LogModel::LevelRole).toInt());
    painter->save();
    if (option.state.testFlag(QStyle::State_Selected))
        painter->fillRect(option.rect, colors.selection);
    painter->setFont(textFont(TextRole::Small));
    const QFontMetricsF metrics(painter->font());
    QRectF rest = QRectF(option.rect).adjusted(8, 0, -6, 0);
    const auto column = [&](const QString& text, double width, const QColor& color) {
        painter->setPen(color);
        painter->drawText(QRectF(rest.left(), rest.top(), width, rest.height()),
                          Qt::AlignLeft | Qt::AlignVCenter, text);
        rest.setLeft(rest.left() + width + 10);
    };
    const QColor tone = level == log::Level::Error     ? colors.bad
                        : level == log::Level::Warning ? colors.accent
                                                       : colors.secondary;
    column(index.data(LogModel::TimeRole).toString(),
           metrics.horizontalAdvance(QStringLiteral("00:00:00")), colors.secondary);
    column(QLatin1String(log::levelName(level)),
           metrics.horizontalAdvance(QStringLiteral("warning")), tone);
    const QString text = index.data().toString().simplified();
    column(metrics.elidedText(text, Qt::ElideRight, rest.width()), rest.width(),
           level >= log::Level::Warning ? tone : colors.text);
    painter->restore();
}

}  // namespace skd
