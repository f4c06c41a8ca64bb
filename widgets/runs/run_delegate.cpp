#include "runs/run_delegate.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QWidget>

#include "charts/views/sparkline.h"
#include "runs/run_tree.h"
#include "style/format.h"
#include "style/theme.h"

namespace skd {

namespace {

constexpr double kSparkWidth = 54, kSparkHeight = 15, kPad = 9;

/// The second line: the status where it is not simply "completed", and the perplexities.
QString secondLine(const RunRow& run) {
    const bool told = run.status == RunStatus::Completed || run.status == RunStatus::Running;
    QStringList parts{run.damaged   ? QObject::tr("damaged")
                      : run.deleted ? QObject::tr("deleted")
                      : told        ? QString()
                                    : statusText(run.status),
                      perplexityPath(run)};
    for (const QString& tag : asTexts(run.tags)) parts << QStringLiteral("#") + tag;
    return inOneLine(parts);
}

void paintBackground(QPainter& painter, const QStyleOptionViewItem& option,
                     const ThemeColors& colors) {
    const QRectF box = QRectF(option.rect).adjusted(2, 1, -2, -1);
    if (option.state.testFlag(QStyle::State_Selected)) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(colors.selection);
        painter.drawRoundedRect(box, 5, 5);
    }
    if (option.state.testFlag(QStyle::State_HasFocus)) {
        painter.setPen(QPen(colors.faint, 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5);
    }
}

void paintBadge(QPainter& painter, QRectF& line, const ThemeColors& colors) {
    const QString text = QObject::tr("live");
    const QFontMetricsF metrics(painter.font());
    QRectF badge(line.left(), line.top(), metrics.horizontalAdvance(text) + 10, line.height());
    painter.setPen(Qt::NoPen);
    QColor fill = colors.accent;
    fill.setAlphaF(0.22F);
    painter.setBrush(fill);
    painter.drawRoundedRect(badge.adjusted(0, 0.5, 0, -0.5), 4, 4);
    painter.setPen(colors.accent);
    painter.drawText(badge, Qt::AlignCenter, text);
    line.setLeft(badge.right() + 6);
}

/// A group's title, and below it how many runs it has and what they came to.
void paintGroup(QPainter& painter, const QStyleOptionViewItem& option, const RunGroupSummary& group,
                const ThemeColors& colors) {
    const QRectF box = QRectF(option.rect).adjusted(kPad, 6, -kPad, -6);
    const QString arrow =
        option.state.testFlag(QStyle::State_Open) ? QStringLiteral("▾") : QStringLiteral("▸");
    painter.setFont(textFont(TextRole::Strong));
    painter.setPen(colors.text);
    const QFontMetricsF metrics(painter.font());
    const QRectF first(box.left(), box.top(), box.width(), metrics.height());
    painter.drawText(first, Qt::AlignLeft | Qt::AlignVCenter, arrow);
    painter.drawText(first.adjusted(17, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(group.title, Qt::ElideRight, first.width() - 17));
    QStringList parts{QObject::tr("%1 runs", nullptr, group.runs).arg(formatWhole(group.runs))};
    if (group.measured > 1)
        parts << QObject::tr("PPL %1 ± %2")
                     .arg(formatPerplexity(group.mean), formatPerplexity(group.deviation));
    else if (group.measured == 1)
        parts << QObject::tr("PPL %1").arg(formatPerplexity(group.mean));
    painter.setFont(textFont(TextRole::Small));
    painter.setPen(colors.secondary);
    const QFontMetricsF small(painter.font());
    painter.drawText(
        QRectF(box.left() + 17, box.bottom() - small.height(), box.width() - 17, small.height()),
        Qt::AlignLeft | Qt::AlignVCenter, parts.join(QStringLiteral(" · ")));
}

/// A run as two lines with colour chip, sparkline and live badge.
class RunDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        const ThemeColors& colors = themeColors(option.palette);
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        paintBackground(*painter, option, colors);
        if (const QVariant group = index.data(RunTree::GroupRole); group.isValid()) {
            paintGroup(*painter, option, group.value<RunGroupSummary>(), colors);
            return painter->restore();
        }
        const auto run = index.data(RunsModel::RowRole).value<RunRow>();
        const QColor color = runColor(colors, run);
        const QRectF box = QRectF(option.rect).adjusted(kPad, 6, -kPad, -6);
        painter->setPen(Qt::NoPen);
        painter->setBrush(run.deleted ? colors.faint : color);
        painter->drawRoundedRect(QRectF(box.left(), box.center().y() - 4.5, 9, 9), 2.5, 2.5);
        const auto values = index.data(RunsModel::SparklineRole).value<std::vector<double>>();
        const bool spark = values.size() > 1;
        if (spark)
            paintSparkline(*painter,
                           QRectF(box.right() - kSparkWidth, box.bottom() - kSparkHeight,
                                  kSparkWidth, kSparkHeight),
                           values, color);
        QFont name = textFont(TextRole::Body);
        name.setStrikeOut(run.deleted);
        painter->setFont(name);
        const QFontMetricsF metrics(name);
        const QRectF first(box.left() + 17, box.top(), box.width() - 17,
                           metrics.height());  // the name has the whole line
        painter->setPen(run.deleted ? colors.faint : colors.text);
        painter->drawText(first, Qt::AlignLeft | Qt::AlignVCenter,
                          metrics.elidedText(asText(run.name), Qt::ElideRight, first.width()));
        painter->setFont(textFont(TextRole::Small));
        const QFontMetricsF small(painter->font());
        QRectF second(first.left(), box.bottom() - small.height(),
                      first.width() - (spark ? kSparkWidth + 6 : 0), small.height());
        if (run.status == RunStatus::Running) paintBadge(*painter, second, colors);
        painter->setPen(run.status == RunStatus::Failed ? colors.bad : colors.secondary);
        painter->drawText(second, Qt::AlignLeft | Qt::AlignVCenter,
                          small.elidedText(secondLine(run), Qt::ElideRight, second.width()));
        painter->restore();
    }
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override {
        const double lines = QFontMetricsF(textFont(TextRole::Body)).height() +
                             QFontMetricsF(textFont(TextRole::Small)).height();
        return {160, static_cast<int>(lines) + 15};
    }
    void updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option,
                              const QModelIndex&) const override {
        editor->setGeometry(option.rect.adjusted(22, 4, -6, -4));
    }
};

}  // namespace

QAbstractItemDelegate* makeRunDelegate(QObject* parent) {
    return new RunDelegate(parent);
}

}  // namespace skd
