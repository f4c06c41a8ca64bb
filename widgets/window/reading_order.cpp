#include "window/reading_order.h"

#include <QAbstractScrollArea>
#include <QAbstractSpinBox>
#include <QComboBox>
#include <QGridLayout>
#include <QMenu>
#include <QScrollArea>
#include <QSet>
#include <QStackedWidget>
#include <QTabBar>
#include <QTabWidget>
#include <map>
#include <vector>

namespace skd {

namespace {

class Walk {
public:
    void visit(QWidget* widget) {
        if (widget == nullptr || widget->isWindow() || m_seen.contains(widget)) return;
        m_seen.insert(widget);
        if (widget->focusPolicy() != Qt::NoFocus && widget->focusProxy() == nullptr)
            m_order.push_back(widget);
        descend(widget);
    }
    [[nodiscard]] const std::vector<QWidget*>& order() const { return m_order; }

private:
    /// Controls are one stop, whatever they are made of.
    void descend(QWidget* widget) {
        if (qobject_cast<QComboBox*>(widget) != nullptr ||
            qobject_cast<QAbstractSpinBox*>(widget) != nullptr)
            return;
        if (auto* scroll = qobject_cast<QScrollArea*>(widget)) return visit(scroll->widget());
        if (qobject_cast<QAbstractScrollArea*>(widget) != nullptr) return;
        if (auto* tabs = qobject_cast<QTabWidget*>(widget)) {
            visit(tabs->tabBar());
            for (int i = 0; i < tabs->count(); ++i) visit(tabs->widget(i));
            return;
        }
        if (QLayout* layout = widget->layout()) visit(*layout);
        for (QWidget* child : widget->findChildren<QWidget*>(Qt::FindDirectChildrenOnly))
            visit(child);  // those of no layout
    }
    /// A grid's cells by row and column, others as they stand.
    void visit(QLayout& layout) {
        const auto* grid = qobject_cast<QGridLayout*>(&layout);
        std::multimap<std::pair<int, int>, QLayoutItem*> items;
        for (int i = 0; i < layout.count(); ++i) {
            int row = 0, column = 0, rows = 0, columns = 0;
            if (grid != nullptr) grid->getItemPosition(i, &row, &column, &rows, &columns);
            items.emplace(std::pair(row, column), layout.itemAt(i));
        }
        for (const auto& [place, item] : items) {
            if (item->widget() != nullptr)
                visit(item->widget());
            else if (item->layout() != nullptr)
                visit(*item->layout());
        }
    }

    std::vector<QWidget*> m_order;
    QSet<QWidget*> m_seen;
};

}  // namespace

void setReadingOrder(QWidget& root, QWidget* before) {
    Walk walk;
    walk.visit(&root);
    for (QWidget* widget : walk.order()) {
        if (widget == before) continue;
        QWidget::setTabOrder(before, widget);
        before = widget;
    }
}

}  // namespace skd
