// Help, settings, translations, notices: what stands around the pages.
#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QSpinBox>
#include <QTextBlock>
#include <QTextBrowser>
#include <QTranslator>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include "base/files.h"
#include "controls/choice_button.h"
#include "style/translation.h"
#include "widgets/support/gui_fixture.h"
#include "window/help_dock.h"
#include "window/notice_bar.h"
#include "window/settings_dialog.h"
#include "window/startup.h"

namespace skd::test {
namespace {

std::string readText(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

class SurroundingsTest : public GuiTest {
protected:
    void SetUp() override {
        QSettings().clear();
        GuiTest::SetUp();
    }
    void TearDown() override {
        m_window.reset();
        m_theme->setTextScale(1);
        QSettings().clear();
    }
    [[nodiscard]] HelpDock& help() { return *m_window->findChild<HelpDock*>(); }
};

/// The pages of resources/help by file name.
std::map<std::string, std::string> helpPages() {
    std::map<std::string, std::string> pages;
    for (const auto& entry : std::filesystem::directory_iterator(SKD_SOURCE_DIR "/resources/help"))
        if (entry.path().extension() == ".md")
            pages[entry.path().filename().string()] = readText(entry.path().string());
    return pages;
}

TEST(Help, TheReadmeLinksEveryPageAndStaysShort) {
    const std::string readme = readText(SKD_SOURCE_DIR "/README.md");
    EXPECT_LE(std::count(readme.begin(), readme.end(), '\n'), 160);
    const auto pages = helpPages();
    EXPECT_GE(pages.size(), 7u);
    for (const auto& [name, text] : pages)
        EXPECT_NE(readme.find("(resources/help/" + name + ")"), std::string::npos) << name;
}

TEST(Help, PagesHaveOneTitleAndLinksThatResolve) {
    const auto pages = helpPages();
    const std::regex link(R"(\]\(([^)]+)\))");
    for (const auto& [name, text] : pages) {
        EXPECT_EQ(text.rfind("# ", 0), 0u) << name;
        int links = 0;
        for (std::sregex_iterator i(text.begin(), text.end(), link), end; i != end; ++i, ++links)
            EXPECT_EQ(pages.count((*i)[1]), 1u) << name << " links " << (*i)[1];
        EXPECT_GE(links, 6) << name;
    }
}

TEST_F(SurroundingsTest, F1OpensTheSectionOfThePageInFront) {
    for (int page = 0; page < static_cast<int>(m_window->pages().size()); ++page) {
        help().hide();
        m_window->showPage(page);
        QTest::keyClick(m_window.get(), Qt::Key_F1);
        ASSERT_TRUE(help().isVisible());
        const QTextBlock block = help().text().textCursor().block();
        EXPECT_GT(block.blockFormat().headingLevel(), 0);
        EXPECT_TRUE(block.text().toLower().remove(' ').contains(
            m_window->pages()[static_cast<std::size_t>(page)].first.toLower().remove('-')))
            << m_window->pages()[static_cast<std::size_t>(page)].first.toStdString() << " opens “"
            << block.text().toStdString() << "”";
    }
    QTest::keyClick(m_window.get(), Qt::Key_F1);
    EXPECT_FALSE(help().isVisible());
}

TEST_F(SurroundingsTest, TheHelpIsSearchedForwardsAndAround) {
    m_window->toggleHelp();
    QTest::keyClicks(&help().searchLine(), "dead zone");
    EXPECT_EQ(help().text().textCursor().selectedText(), "dead zone");
    EXPECT_TRUE(help().find("puts every dock back"));
    const int first = help().text().textCursor().position();
    EXPECT_TRUE(help().find("puts every dock back"));  // the only one: around to itself
    EXPECT_EQ(help().text().textCursor().position(), first);
    EXPECT_FALSE(help().find("no such words anywhere"));
}

TEST_F(SurroundingsTest, SettingsShowAtOnceAndStayWithOk) {
    SettingsDialog dialog(*m_theme, Preferences::load(), m_window.get());
    QObject::connect(&dialog, &SettingsDialog::applied, m_window.get(),
                     &MainWindow::applyPreferences);
    dialog.show();
    const double before = QApplication::font().pointSizeF();
    dialog.findChild<QSpinBox*>("settings.text")->setValue(120);
    EXPECT_NEAR(QApplication::font().pointSizeF(), before * 1.2, 0.01);
    auto* theme = dialog.findChild<QComboBox*>("settings.theme");
    theme->setCurrentIndex(theme->findData(static_cast<int>(ThemeChoice::Light)));
    EXPECT_EQ(m_theme->choice(), ThemeChoice::Light);
    dialog.findChild<QSpinBox*>("settings.threads")->setValue(3);
    dialog.findChild<QLineEdit*>("settings.folder")->setText(m_folder.path());
    dialog.findChild<QCheckBox*>("settings.notify")->setChecked(false);
    auto* smoothing = dialog.findChild<QComboBox*>("settings.smoothing");
    smoothing->setCurrentIndex(smoothing->findData(90));
    QTest::mouseClick(dialog.findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok),
                      Qt::LeftButton);
    const Preferences kept = Preferences::load();
    EXPECT_DOUBLE_EQ(kept.textScale, 1.2);
    EXPECT_EQ(kept.threads, 3);
    EXPECT_EQ(kept.workspaceFolder, m_folder.path());
    EXPECT_FALSE(kept.notifications);
    EXPECT_EQ(kept.smoothing, 90);
    EXPECT_EQ(find<ChoiceButton>("recover.smoothing").value(), 90);
    EXPECT_EQ(defaultWorkspace().value_or(""), m_folder.filePath("workspace.sqlite"));
}

TEST_F(SurroundingsTest, CancelTakesTheLooksBackAndSavesNothing) {
    SettingsDialog dialog(*m_theme, Preferences::load(), m_window.get());
    const double before = QApplication::font().pointSizeF();
    dialog.findChild<QSpinBox*>("settings.text")->setValue(150);
    dialog.findChild<QComboBox*>("settings.theme")->setCurrentIndex(1);
    dialog.reject();
    EXPECT_NEAR(QApplication::font().pointSizeF(), before, 0.01);
    EXPECT_EQ(m_theme->choice(), ThemeChoice::Dark);
    EXPECT_EQ(Preferences::load(), Preferences());
}

TEST_F(SurroundingsTest, AFolderThatCannotBeWrittenToIsRefusedInTheDialog) {
    SettingsDialog dialog(*m_theme, {}, m_window.get());
    auto* ok = dialog.findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok);
    dialog.findChild<QLineEdit*>("settings.folder")->setText("/proc/none");
    EXPECT_FALSE(ok->isEnabled());
    EXPECT_TRUE(dialog.findChild<QLabel*>("settings.problem")->text().contains("/proc/none"));
    dialog.findChild<QLineEdit*>("settings.folder")->setText({});
    EXPECT_TRUE(ok->isEnabled());
}

TEST(Preferences, DamagedSettingsBecomeSensibleOnes) {
    QSettings settings;
    settings.setValue("preferences/textScale", "huge");
    settings.setValue("preferences/threads", -4);
    settings.setValue("preferences/smoothing", 1000);
    const Preferences loaded = Preferences::load();
    settings.clear();
    EXPECT_DOUBLE_EQ(loaded.textScale, 1);
    EXPECT_EQ(loaded.threads, 0);
    EXPECT_EQ(loaded.smoothing, 99);
}

TEST(SystemTheme, IsFollowedOnlyWhereItWasChosen) {
    Theme theme(*qApp);
    theme.apply(ThemeChoice::System);
    theme.setSystemDark(true);
    EXPECT_LT(qApp->palette().color(QPalette::Window).lightness(), 80);
    theme.setSystemDark(false);
    EXPECT_GT(qApp->palette().color(QPalette::Window).lightness(), 180);
    theme.apply(ThemeChoice::Light);
    theme.setSystemDark(true);
    EXPECT_GT(qApp->palette().color(QPalette::Window).lightness(), 180);
}

TEST(Translation, NumbersHaveEnglishPlurals) {
    const auto waits = [](int count) {
        return QCoreApplication::translate("skd::QueueDock", "%1 runs wait", nullptr, count);
    };
    EXPECT_EQ(waits(0), "%1 runs wait");
    EXPECT_EQ(waits(1), "%1 run waits");
    EXPECT_EQ(waits(2), "%1 runs wait");
}

TEST(Translation, EveryEnglishPluralHasItsNumber) {
    const std::string file = readText(SKD_SOURCE_DIR "/resources/translations/workbench_en.ts");
    std::size_t forms = 0, numbers = 0, at = 0;
    while ((at = file.find("<numerusform>", at)) != std::string::npos) {
        const std::size_t end = file.find("</numerusform>", at);
        ++forms;
        numbers += file.substr(at, end - at).find("%1") != std::string::npos;
        at = end;
    }
    EXPECT_GT(forms, 20u);
    EXPECT_EQ(numbers, forms);
    EXPECT_EQ(file.find("unfinished"), std::string::npos);
}

TEST(Translation, FinishedEntriesAreBuiltInAndOthersStayEnglish) {
    EXPECT_TRUE(availableLanguages().contains("de"));
    QTranslator german;
    ASSERT_TRUE(german.load(QStringLiteral(":/translations/workbench_de.qm")));
    EXPECT_EQ(german.translate("skd::WindowActions", "Quit"), "Beenden");
    EXPECT_EQ(german.translate("skd::DeviationView", "after the cut"), "nach dem Schnitt");
    EXPECT_EQ(german.translate("QObject", "damaged"), QString::fromUtf8("beschädigt"));
    EXPECT_TRUE(german.translate("EditNote", "write the note “%1”").isNull());
    EXPECT_TRUE(german.translate("skd::Other", "Quit").isNull());
}

TEST_F(SurroundingsTest, ANoticeStaysUntilItIsDismissedOrNoLongerTrue) {
    NoticeBar& bar = m_window->notices();
    EXPECT_FALSE(bar.isVisible());
    bar.show("a", "first");
    int acted = 0;
    bar.show("b", "second", "Do it", [&] { ++acted; });
    EXPECT_TRUE(bar.isVisible());
    EXPECT_EQ(find<QLabel>("notice.text").text(), "second");
    QTest::mouseClick(&find<QPushButton>("notice.act"), Qt::LeftButton);
    EXPECT_EQ(acted, 1);
    bar.withdraw("b");
    EXPECT_EQ(bar.text(), "first");
    EXPECT_FALSE(find<QPushButton>("notice.act").isVisible());
    QTest::mouseClick(&find<QPushButton>("notice.dismiss"), Qt::LeftButton);
    EXPECT_FALSE(bar.isVisible());
}

}  // namespace
}  // namespace skd::test
