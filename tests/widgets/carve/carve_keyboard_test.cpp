#include <QLabel>
#include <QMenu>
#include <QTimer>

#include "carve/fader_bank.h"
#include "carve/master_fader.h"
#include "carve/tier_strip.h"
#include "charts/plot/plot_view.h"
#include "charts/views/heat_map.h"
#include "controls/choice_button.h"
#include "widgets/support/gui_fixture.h"

namespace skd::test {
namespace {

/// A person without a mouse: keys go to what has the focus, as they do on a real screen.
class CarveKeyboardTest : public GuiTest {
protected:
    void SetUp() override {
        GuiTest::SetUp();
        QApplication::setActiveWindow(m_window.get());
        find<HeatMap>("carve.heatmap").setFocus();
        ASSERT_TRUE(waitFor(
            [&] { return QApplication::focusWidget() == &find<HeatMap>("carve.heatmap"); }));
    }
    static void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        ASSERT_NE(QApplication::focusWidget(), nullptr);
        QTest::keyClick(QApplication::focusWidget(), key, modifiers);
    }
    static void type(const QString& text) { QTest::keyClicks(QApplication::focusWidget(), text); }
    /// Tab, until something with this name has the focus.
    void tabTo(const char* name) {
        for (int i = 0; i < 40 && QApplication::focusWidget()->objectName() != QLatin1String(name);
             ++i)
            key(Qt::Key_Tab);
        ASSERT_EQ(QApplication::focusWidget()->objectName(), QLatin1String(name));
    }
    /// Opens the focused menu button and chooses the entry that begins with `text`.
    void pick(const QString& text) {
        bool found = false;
        QTimer::singleShot(60, m_window.get(), [&] {
            auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
            if (menu == nullptr) return;
            for (int i = 0; i < 20 && !found; ++i) {
                QTest::keyClick(menu, Qt::Key_Down);
                found = menu->activeAction() != nullptr &&
                        menu->activeAction()->text().startsWith(text);
            }
            QTest::keyClick(menu, found ? Qt::Key_Return : Qt::Key_Escape);
        });
        key(Qt::Key_Down);
        EXPECT_TRUE(found) << text.toStdString();
    }
    CarveState& state() { return carve().state(); }
};

TEST_F(CarveKeyboardTest, TabGoesAsOneReads) {
    QStringList order;
    for (int i = 0; i < 30; ++i) {
        const QString name = QApplication::focusWidget()->objectName();
        if (!name.isEmpty() && !order.contains(name)) order << name;
        key(Qt::Key_Tab);
    }
    const QStringList wanted{"carve.heatmap", "carve.spectrum",        "price.open",
                             "price.trail",   "carve.faders.matrices", "carve.preset",
                             "carve.compare", "carve.faders",          "carve.master"};
    qsizetype last = -1;
    for (const QString& name : wanted) {
        const qsizetype at = order.indexOf(name);
        EXPECT_GT(at, last) << name.toStdString() << " in " << order.join(", ").toStdString();
        last = at;
    }
}

TEST_F(CarveKeyboardTest, AProfileIsMadeAndRunWithoutAMouse) {
    key(Qt::Key_Home);
    key(Qt::Key_Down);
    key(Qt::Key_Down);
    key(Qt::Key_Right);
    key(Qt::Key_Down, Qt::ShiftModifier);
    EXPECT_EQ(state().selection().matrices(), (std::vector<std::size_t>{7, 10}));
    key(Qt::Key_Return);  // on to the cut
    ASSERT_EQ(QApplication::focusWidget()->objectName(), "carve.spectrum");
    key(Qt::Key_Left);
    const std::int64_t rank = state().snapshot().ranks[7];
    EXPECT_GT(rank, 0);
    EXPECT_EQ(state().snapshot().ranks[10], rank);
    key(Qt::Key_PageDown);
    EXPECT_EQ(state().snapshot().ranks[7], rank - 64);

    tabTo("carve.faders.matrices");
    pick("down");
    tabTo("carve.preset");
    pick("tiers");
    EXPECT_EQ(state().snapshot().preset(), RankPreset::Tiers);
    tabTo("carve.compare");
    pick("svd-35");
    EXPECT_TRUE(carve().reference().active());
    tabTo("carve.tiers");
    type("0.8");
    key(Qt::Key_Return);
    EXPECT_DOUBLE_EQ(state().snapshot().tiers()[0], 0.8);
    tabTo("carve.faders");
    for (int i = 0; i < 3; ++i) key(Qt::Key_Right);
    const auto before = state().snapshot().ranks;
    key(Qt::Key_PageDown);
    EXPECT_NE(state().snapshot().ranks, before);
    EXPECT_EQ(state().snapshot().preset(), RankPreset::Hand);
    key(Qt::Key_L);
    tabTo("carve.master");
    type("25");
    key(Qt::Key_Return);
    EXPECT_NEAR(state().price().mlpRemoved, 0.25, 0.01);
    const auto made = state().snapshot().ranks;
    key(Qt::Key_Z, Qt::ControlModifier);
    EXPECT_NE(state().snapshot().ranks, made);
    key(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
    EXPECT_EQ(state().snapshot().ranks, made);
    tabTo("price.trail");
    key(Qt::Key_Left);
    key(Qt::Key_Return);
    EXPECT_NE(state().snapshot().ranks, made) << "back to an earlier try";
}

TEST_F(CarveKeyboardTest, TheHeatMapIsWalkedWithoutLosingTheSelection) {
    key(Qt::Key_Home);
    key(Qt::Key_Left);
    key(Qt::Key_Left);
    EXPECT_EQ(state().selection().matrices(), std::vector<std::size_t>{0});
    key(Qt::Key_Down, Qt::ControlModifier);
    key(Qt::Key_Right, Qt::ControlModifier);
    EXPECT_EQ(state().selection().matrices(), std::vector<std::size_t>{0});
    key(Qt::Key_Space);
    EXPECT_EQ(state().selection().matrices(), (std::vector<std::size_t>{0, 4}));
    key(Qt::Key_Space);
    EXPECT_EQ(state().selection().matrices(), std::vector<std::size_t>{0});
    key(Qt::Key_A, Qt::ControlModifier);
    EXPECT_EQ(state().selection().matrices().size(), 90u);
}

}  // namespace
}  // namespace skd::test
