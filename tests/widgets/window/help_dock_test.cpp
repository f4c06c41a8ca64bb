// The help: its pages, contents, search, links and the way back.
#include "window/help_dock.h"

#include <QLabel>
#include <QLineEdit>
#include <QTextBlock>
#include <QTextBrowser>
#include <QToolButton>
#include <QTreeWidget>

#include "widgets/support/gui_fixture.h"

namespace skd::test {
namespace {

class HelpDockTest : public GuiTest {
protected:
    void SetUp() override {
        GuiTest::SetUp();
        m_window->toggleHelp();
    }
    [[nodiscard]] HelpDock& help() { return *m_window->findChild<HelpDock*>(); }
    [[nodiscard]] std::string line() {
        return help().text().textCursor().block().text().toStdString();
    }
};

TEST_F(HelpDockTest, TheContentsNameEveryPageAndItsSections) {
    ASSERT_FALSE(help().pages().empty());
    EXPECT_EQ(help().pages().front().id, "tour");
    EXPECT_EQ(help().contents().topLevelItemCount(), static_cast<int>(help().pages().size()));
    for (const HelpPage& page : help().pages()) {
        EXPECT_FALSE(page.title.isEmpty());
        EXPECT_FALSE(page.sections.isEmpty()) << page.id.toStdString();
        for (const QString& section : page.sections) {
            ASSERT_TRUE(help().showPage(page.id, section));
            EXPECT_EQ(line(), section.toStdString());
        }
    }
    const QTreeWidgetItem* tour = help().contents().topLevelItem(0);
    ASSERT_GT(tour->childCount(), 5);
    Q_EMIT help().contents().itemClicked(tour->child(2), 0);
    EXPECT_EQ(help().page(), "tour");
    EXPECT_EQ(line(), tour->child(2)->text(0).toStdString());
}

TEST_F(HelpDockTest, HitsAreMarkedAndCounted) {
    help().searchLine().setText("master fader");
    const auto marks = help().text().extraSelections();
    ASSERT_FALSE(marks.isEmpty());
    for (const auto& mark : marks) EXPECT_EQ(mark.cursor.selectedText().toLower(), "master fader");
    EXPECT_TRUE(help().contents().topLevelItem(0)->text(0).endsWith(
        QStringLiteral("(%1)").arg(marks.size())))
        << help().contents().topLevelItem(0)->text(0).toStdString();
    help().searchLine().setText("no such words anywhere");
    EXPECT_TRUE(help().text().extraSelections().isEmpty());
    help().searchLine().clear();
    EXPECT_EQ(help().contents().topLevelItem(0)->text(0), help().pages().front().title);
}

TEST_F(HelpDockTest, LinksLeadToSectionsAndBackAgain) {
    ASSERT_TRUE(help().showPage("tour", "recover"));
    const std::string before = line();
    help().follow("#keys");
    EXPECT_EQ(line(), "Keys");
    QTest::mouseClick(&find<QToolButton>("help.back"), Qt::LeftButton);
    EXPECT_EQ(line(), before);
    EXPECT_TRUE(find<QToolButton>("help.forward").isEnabled());
    help().forward();
    EXPECT_EQ(line(), "Keys");
    EXPECT_FALSE(find<QToolButton>("help.forward").isEnabled());
    help().follow("tour.md#compare");
    EXPECT_EQ(line(), "Compare");
    help().follow("missing.md#nothing");
    EXPECT_EQ(line(), "Compare");
    EXPECT_FALSE(help().showPage("missing"));
}

}  // namespace
}  // namespace skd::test
