#include "window/log_dock.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QPushButton>
#include <QScrollBar>
#include <QStyledItemDelegate>
#include <algorithm>

#include "bridge/event_bridge.h"
#include "bridge/text.h"
#include "controls/build.h"

namespace skd {

namespace {

/// A line of the log: time, level, text.
class LogDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
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
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override {
        return {100, static_cast<int>(QFontMetricsF(textFont(TextRole::Small)).height()) + 4};
    }
};

}  // namespace

LogDock::LogDock(EventBridge& events, QWidget* parent)
    : Dock("logDock", tr("Log"), parent), m_model(new LogModel(this)), m_proxy(new LogProxy(this)) {
    m_proxy->setSourceModel(m_model);
    auto* level = new QComboBox(panel());
    level->setAccessibleName(tr("Lowest level shown"));
    for (auto [text, value] :
         {std::pair{tr("all"), log::Level::Debug}, std::pair{tr("information"), log::Level::Info},
          std::pair{tr("warnings"), log::Level::Warning},
          std::pair{tr("errors"), log::Level::Error}})
        level->addItem(text, static_cast<int>(value));
    level->setCurrentIndex(1);
    auto* filter = new QLineEdit(panel());
    filter->setAccessibleName(tr("Filter the log"));
    filter->setPlaceholderText(tr("filter"));
    auto* copyButton = new QPushButton(tr("Copy"), panel());
    auto* clearButton = new QPushButton(tr("Clear"), panel());
    m_list = named(new QListView(panel()), "log", tr("Log lines"));
    m_list->setModel(m_proxy);
    m_list->setItemDelegate(new LogDelegate(m_list));
    m_list->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_list->setUniformItemSizes(true);
    addAll(makeColumn(-1, panel(), {8, 2, 8, 8}),
           {addAll(makeRow(), {level, {filter, 1}, copyButton, clearButton}), {m_list, 1}});
    connect(level, &QComboBox::currentIndexChanged, this, [this, level] {
        m_proxy->setMinimumLevel(static_cast<log::Level>(level->currentData().toInt()));
    });
    connect(filter, &QLineEdit::textChanged, m_proxy, &LogProxy::setFilterFixedString);
    connect(copyButton, &QPushButton::clicked, this, &LogDock::copy);
    connect(clearButton, &QPushButton::clicked, m_model, &LogModel::clear);
    events.on<LogLine>(this, [this](const LogLine& line) {
        const QScrollBar* bar = m_list->verticalScrollBar();
        const bool atEnd = bar->value() >= bar->maximum() - 2;
        m_model->append(line.level, asText(line.text));
        if (atEnd) m_list->scrollToBottom();
    });
    events.on<RunFailed>(
        this, [this](const RunFailed& e) { m_model->append(log::Level::Error, asText(e.error)); });
}

void LogDock::copy() {
    QModelIndexList rows = m_list->selectionModel()->selectedIndexes();
    if (rows.isEmpty())
        for (int i = 0; i < m_proxy->rowCount(); ++i) rows << m_proxy->index(i, 0);
    std::sort(rows.begin(), rows.end());
    QStringList lines;
    for (const QModelIndex& row : rows) lines << row.data(Qt::AccessibleTextRole).toString();
    QApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

}  // namespace skd
