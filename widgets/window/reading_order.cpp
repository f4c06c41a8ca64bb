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
#include <algorithm>
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
    void visit(QLayout& layout) {
        for (QLayoutItem* item : itemsOf(layout)) {
            if (item->widget() != nullptr)
                visit(item->widget());
            else if (item->layout() != nullptr)
                visit(*item->layout());
        }
    }
    static std::vector<QLayoutItem*> itemsOf(QLayout& layout) {
        std::vector<QLayoutItem*> items;
        for (int i = 0; i < layout.count(); ++i) items.push_back(layout.itemAt(i));
        const auto* grid = qobject_cast<QGridLayout*>(&layout);
        if (grid == nullptr) return items;
        std::vector<std::pair<std::pair<int, int>, QLayoutItem*>> cells;
        for (int i = 0; i < layout.count(); ++i) {
            int row = 0, column = 0, rows = 0, columns = 0;
            grid->getItemPosition(i, &row, &column, &rows, &columns);
            cells.emplace_back(std::pair(row, column), items[i]);
        }
        std::stable_sort(cells.begin(), cells.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        std::transform(cells.begin(), cells.end(), items.begin(),
                       [](const auto& cell) { return cell.second; });
        return items;
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
