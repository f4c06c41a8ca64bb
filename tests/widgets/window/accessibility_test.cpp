// Every page and dock for people who do not see it, or do not use a mouse.
#include <QAbstractButton>
#include <QAbstractSpinBox>
#include <QAccessible>
#include <QButtonGroup>
#include <QComboBox>
#include <QDockWidget>
#include <QLineEdit>
#include <QScrollBar>
#include <QTabBar>
#include <QTabWidget>
#include <map>
#include <set>

#include "charts/exportable_view.h"
#include "controls/card.h"
#include "widgets/support/gui_fixture.h"
#include "widgets/support/loop_watch.h"
#include "widgets/support/synthetic_profile.h"
#include "window/reading_order.h"

namespace skd::test {
namespace {

std::string describe(const QWidget* widget) {
    return (QString::fromLatin1(widget->metaObject()->className()) + " " + widget->objectName() +
            " “" + widget->accessibleName() + "”")
        .toStdString();
}

/// On Linux Qt gives what a combo box shows as its name, and names it by its label.
QString nameOf(QWidget* widget) {
    if (qobject_cast<const QComboBox*>(widget) != nullptr && !widget->accessibleName().isEmpty())
        return widget->accessibleName();
    QAccessibleInterface* face = QAccessible::queryAccessibleInterface(widget);
    return face == nullptr ? QString() : face->text(QAccessible::Name);
}

/// Editors inside of another control speak through that one.
bool isInner(const QWidget* widget) {
    const QWidget* parent = widget->parentWidget();
    return qobject_cast<const QAbstractSpinBox*>(parent) != nullptr ||
           qobject_cast<const QComboBox*>(parent) != nullptr ||
           qobject_cast<const QScrollBar*>(widget) != nullptr;
}

bool isStop(const QWidget* widget) {
    return (widget->focusPolicy() & Qt::TabFocus) != 0 && widget->isEnabled() &&
           widget->isVisible() && !isInner(widget);
}

/// The card, or the dock, that a control stands in.
const QWidget* cardOf(const QWidget* widget) {
    for (const QWidget* w = widget; w != nullptr; w = w->parentWidget())
        if (w->objectName() == QLatin1String("card") ||
            qobject_cast<const QDockWidget*>(w) != nullptr)
            return w;
    return nullptr;
}

class AccessibilityTest : public GuiTest {
protected:
    void SetUp() override {
        QAccessible::setActive(true);
        GuiTest::SetUp();
        m_window.reset();
        ASSERT_TRUE(keepSyntheticMeasurements(m_file, syntheticProfile(), syntheticBenchmark()));
        openWindow();
        m_window->resize(1600, 1000);
        m_window->activateWindow();
        ASSERT_TRUE(QTest::qWaitForWindowActive(m_window.get()));
    }

    void forEveryPage(const std::function<void(const std::string&, Page&)>& check) {
        for (std::size_t i = 0; i < m_window->pages().size(); ++i) {
            const auto& [id, page] = m_window->pages()[i];
            m_window->showPage(static_cast<int>(i));
            ASSERT_TRUE(waitFor([&] { return m_window->settled(); })) << id.toStdString();
            m_window->grab();
            check(id.toStdString(), *page);
        }
    }
    static std::vector<QWidget*> stopsOf(QWidget& root) {
        std::vector<QWidget*> stops;
        for (QWidget* widget : root.findChildren<QWidget*>())
            if (isStop(widget)) stops.push_back(widget);
        return stops;
    }
    /// Where Tab leads from the page's first control on, until it leaves the page or comes round.
    std::vector<QWidget*> walk(Page& page, std::size_t most) {
        std::vector<QWidget*> order;
        std::set<QWidget*> seen;
        m_places.clear();
        for (QWidget* stop : stopsOf(page))
            m_places[stop] = QRect(stop->mapTo(&page, QPoint()), stop->size());  // Tab may scroll
        QTabBar* tabs = m_window->findChild<QTabWidget*>()->tabBar();
        tabs->setFocus(Qt::TabFocusReason);
        QTest::keyClick(tabs, Qt::Key_Tab);
        for (std::size_t i = 0; i < most; ++i) {
            QWidget* now = QApplication::focusWidget();
            if (now == nullptr || !page.isAncestorOf(now) || !seen.insert(now).second) break;
            order.push_back(now);
            QTest::keyClick(now, Qt::Key_Tab);
        }
        return order;
    }

    std::map<const QWidget*, QRect> m_places;  ///< of the stops, before the last walk
};

/// One of a group of modes takes Tab; arrows lead to the others.
bool sameGroup(QWidget* one, QWidget* other) {
    const auto *a = qobject_cast<QAbstractButton*>(one), *b = qobject_cast<QAbstractButton*>(other);
    return a != nullptr && b != nullptr && a->group() != nullptr && a->group() == b->group();
}

TEST_F(AccessibilityTest, EveryControlHasAName) {
    const auto check = [](const std::string& where, QWidget& root) {
        for (QWidget* stop : stopsOf(root)) {
            EXPECT_FALSE(nameOf(stop).trimmed().isEmpty()) << where << ": " << describe(stop);
            const auto* button = qobject_cast<QAbstractButton*>(stop);
            if (button == nullptr || !button->text().isEmpty()) continue;
            EXPECT_FALSE(button->toolTip().isEmpty()) << where << ": " << describe(stop);
        }
    };
    forEveryPage([&](const std::string& id, Page& page) { check(id, page); });
    for (QDockWidget* dock : m_window->findChildren<QDockWidget*>()) {
        dock->show();
        QTest::qWait(20);
        check(dock->objectName().toStdString(), *dock);
    }
    check("window", *m_window);
}

TEST_F(AccessibilityTest, NoTwoControlsOfACardShareAName) {
    const auto check = [](const std::string& where, QWidget& root) {
        std::map<std::pair<const QWidget*, QString>, QWidget*> names;
        for (QWidget* stop : stopsOf(root)) {
            const auto [other, fresh] = names.try_emplace({cardOf(stop), nameOf(stop)}, stop);
            EXPECT_TRUE(fresh) << where << ": " << describe(stop) << " and "
                               << describe(other->second);
        }
    };
    forEveryPage([&](const std::string& id, Page& page) { check(id, page); });
}

TEST_F(AccessibilityTest, TabReachesEveryControlAndLeavesThePage) {
    forEveryPage([&](const std::string& id, Page& page) {
        const std::vector<QWidget*> stops = stopsOf(page);
        const std::vector<QWidget*> order = walk(page, 400);
        ASSERT_FALSE(order.empty()) << id;
        EXPECT_LT(order.size(), 400u) << id;
        EXPECT_FALSE(page.isAncestorOf(QApplication::focusWidget()) &&
                     QApplication::focusWidget() == order.back())
            << id << ": Tab is caught by " << describe(order.back());
        for (QWidget* stop : stops) {
            const bool reached = std::any_of(order.begin(), order.end(), [&](QWidget* one) {
                return one == stop || sameGroup(one, stop) || one->isAncestorOf(stop) ||
                       stop->focusProxy() == one;
            });
            EXPECT_TRUE(reached || stop->focusProxy() != nullptr) << id << ": " << describe(stop);
        }
    });
}

/// Within a card: from the left to the right, and from the top down.
TEST_F(AccessibilityTest, TabFollowsTheOrderInWhichOneReads) {
    forEveryPage([&](const std::string& id, Page& page) {
        const std::vector<QWidget*> order = walk(page, 400);
        std::set<const QWidget*> left;
        for (std::size_t i = 1; i < order.size(); ++i) {
            const QWidget *before = order[i - 1], *after = order[i];
            if (cardOf(before) != cardOf(after)) {
                left.insert(cardOf(before));
                EXPECT_EQ(left.count(cardOf(after)), 0u)
                    << id << ": back to a card that was left: " << describe(after);
                continue;
            }
            const QRect a = m_places[before], b = m_places[after];
            const bool sameRow = a.top() < b.bottom() && b.top() < a.bottom();
            EXPECT_TRUE(sameRow ? a.left() <= b.left() || b.center().y() > a.center().y() + 6
                                : a.top() < b.top())
                << id << ": " << describe(before) << " before " << describe(after);
        }
    });
}

TEST_F(AccessibilityTest, PuttingTheOrderInPlaceTakesNoTime) {
    forEveryPage([](const std::string&, Page&) {});
    for (const auto& [id, page] : m_window->pages()) {
        QTabBar* tabs = m_window->findChild<QTabWidget*>()->tabBar();
        const double before = threadMilliseconds();
        setReadingOrder(*page, tabs);
        EXPECT_LE(threadMilliseconds() - before, 20) << id.toStdString();
    }
}

TEST_F(AccessibilityTest, EveryChartHasANameASentenceAndATable) {
    forEveryPage([](const std::string& id, Page& page) {
        for (QWidget* widget : page.findChildren<QWidget*>()) {
            auto* view = dynamic_cast<ExportableView*>(widget);
            if (view == nullptr || !widget->isVisible()) continue;
            EXPECT_FALSE(view->viewName().isEmpty()) << id << ": " << describe(widget);
            EXPECT_FALSE(widget->accessibleName().isEmpty()) << id << ": " << describe(widget);
            if (view->viewTable().empty() || qobject_cast<QAbstractItemView*>(widget) != nullptr)
                continue;
            EXPECT_FALSE(widget->accessibleDescription().isEmpty())
                << id << ": " << describe(widget);
            EXPECT_GT(view->viewTable().header.size(), 1) << id << ": " << describe(widget);
        }
    });
}

}  // namespace
}  // namespace skd::test
