#include <QLabel>

#include "controls/choice_button.h"
#include "controls/data_table.h"
#include "runs/runs_dock.h"
#include "talk/answer_card.h"
#include "talk/prompt_card.h"
#include "talk/talk_page.h"
#include "widgets/support/gui_fixture.h"

namespace skd::test {
namespace {

class RecordedAnswersTest : public GuiTest {
protected:
    void SetUp() override {
        GuiTest::SetUp();
        showTalk();
    }
    void turnToTalk() {
        for (std::size_t i = 0; i < m_window->pages().size(); ++i)
            if (m_window->pages()[i].first == "talk") m_window->showPage(static_cast<int>(i));
    }
    void showTalk() {
        turnToTalk();
        ASSERT_TRUE(waitFor([&] { return m_window->settled(); }));
    }
    TalkPage& page() {
        for (const auto& [id, one] : m_window->pages())
            if (id == "talk") return *qobject_cast<TalkPage*>(one);
        throw std::runtime_error("there is no talk page");
    }
    DataTable& table() { return find<DataTable>("talk.recorded"); }
    QString cell(int row, int column) {
        return table().model()->index(row, column).data().toString();
    }
    QStringList header() { return table().viewTable().header; }
};

AnswerSet saying(const char* stage, std::int64_t round, const char* text) {
    return {stage, round, 0, 1, {{"Why?", text, 1, "stop"}}};
}

TEST_F(RecordedAnswersTest, TheModelsOfTheSelectedRunStandSideBySide) {
    ASSERT_TRUE(waitFor([&] { return table().isVisible(); }));
    EXPECT_EQ(header(), (QStringList{"Prompt", "Dense", "After the cut", "Recovered"}));
    ASSERT_EQ(table().model()->rowCount(), 2);
    EXPECT_EQ(cell(0, 0), "What is the capital of France?");
    EXPECT_EQ(cell(0, 1), "The capital of France is Paris.");
    EXPECT_EQ(cell(0, 2), "The of the of the");
    EXPECT_EQ(cell(1, 3), QStringLiteral("They give a green …")) << "cut off";
    EXPECT_TRUE(table().model()->index(1, 3).data(Qt::ToolTipRole).toString().contains("12"));
    EXPECT_EQ(find<QLabel>("talk.recorded.same").text(),
              "1 of 2 answers of the last model are the first one's, word for word.");
    EXPECT_FALSE(page().answer(0).isVisible()) << "nothing has been asked";
    EXPECT_FALSE(m_window->grab().isNull());
    Q_EMIT page().prompt().asked();
    EXPECT_TRUE(page().answer(0).isVisible());
    EXPECT_FALSE(table().isVisible());
}

TEST_F(RecordedAnswersTest, ARunWithoutAnswersShowsNone) {
    ASSERT_TRUE(waitFor([&] { return table().isVisible(); }));
    m_window->runs().selectRun(RunId(3));
    ASSERT_TRUE(waitFor([&] { return m_window->settled() && !table().isVisible(); }));
    EXPECT_TRUE(page().answer(0).isVisible());
}

TEST_F(RecordedAnswersTest, WhereNoModelCanBeAskedTheyTakeItsPlace) {
    openWindow(true);
    showTalk();
    ASSERT_TRUE(waitFor([&] { return table().isVisible(); }));
    EXPECT_FALSE(page().answer(0).isVisible() || page().answer(1).isVisible());
    m_window->runs().selectRun(RunId(3));
    EXPECT_TRUE(waitFor([&] { return page().answer(1).isVisible(); }));
}

TEST_F(RecordedAnswersTest, ALiveRunsAnswersComeAsItsStagesEnd) {
    const auto say = [&](const AnswerSet& set) {
        m_session->say(StageFinished{RunId(100), Stage::Answer, 1.0, writeRecord(set)});
    };
    m_session->say(RunStarted{RunId(100), "live run", Json::object(), false});
    ASSERT_TRUE(waitFor([&] { return m_window->selection().current() == RunId(100); }));
    turnToTalk();
    say(saying("dense", 0, "so"));
    ASSERT_TRUE(waitFor([&] { return table().isVisible() && header().size() == 2; }));
    EXPECT_FALSE(find<QLabel>("talk.recorded.same").isVisible()) << "there is nothing to compare";
    say(saying("cut", 1, "no"));
    say(saying("recovered", 1, "so"));
    say(saying("cut", 2, "oh"));
    ASSERT_TRUE(waitFor([&] { return cell(0, 2) == "oh"; }));
    EXPECT_EQ(header(), (QStringList{"Prompt", "Dense", "After the cut, round 2"}));
    say(saying("recovered", 2, "so"));
    ASSERT_TRUE(waitFor([&] { return header().size() == 4; }));
    EXPECT_EQ(cell(0, 3), "so");
}

TEST_F(RecordedAnswersTest, OfAnElasticRunTheSizeIsChosen) {
    const auto say = [&](const char* stage, const char* text, double removed) {
        AnswerSet set = saying(stage, 1, text);
        set.removed = removed;
        m_session->say(StageFinished{RunId(100), Stage::Answer, 1.0, writeRecord(set)});
    };
    m_session->say(RunStarted{RunId(100), "live run", Json::object(), false});
    ASSERT_TRUE(waitFor([&] { return m_window->selection().current() == RunId(100); }));
    turnToTalk();
    say("cut", "no", 0.35);
    say("recovered", "middle", 0.35);
    say("recovered", "large", 0.15);
    say("recovered", "small", 0.65);
    auto& size = find<ChoiceButton>("talk.recorded.size");
    ASSERT_TRUE(waitFor([&] { return size.isVisible() && size.choices().size() == 3; }));
    EXPECT_EQ(header(), (QStringList{"Prompt", "After the cut, 35\u202F% removed",
                                     "Recovered, 35\u202F% removed"}));
    EXPECT_EQ(cell(0, 2), "middle");
    size.choose(size.choices().back().value);
    EXPECT_EQ(header().back(), QString("Recovered, 65\u202F% removed"));
    EXPECT_EQ(cell(0, 2), "small");
}

}  // namespace
}  // namespace skd::test
