#include <QDoubleSpinBox>
#include <QLabel>
#include <QListWidget>
#include <QMenu>
#include <QPushButton>
#include <QSpinBox>
#include <QTableView>
#include <QTextBlock>
#include <QTextFragment>
#include <cmath>
#include <map>

#include "controls/choice_button.h"
#include "controls/model_picker.h"
#include "talk/answer_card.h"
#include "talk/answer_view.h"
#include "talk/prompt_card.h"
#include "talk/talk_page.h"
#include "widgets/support/gui_fixture.h"

namespace skd::test {
namespace {

class TalkPageTest : public GuiTest {
protected:
    void SetUp() override {
        GuiTest::SetUp();
        showTalk();
    }
    void showTalk() {
        for (std::size_t i = 0; i < m_window->pages().size(); ++i)
            if (m_window->pages()[i].first == "talk") m_window->showPage(static_cast<int>(i));
        ASSERT_TRUE(waitFor([&] { return m_window->settled(); }));
        ASSERT_TRUE(
            waitFor([&] { return find<ModelPicker>("talk.secondModel").path() == "run:7"; }));
    }
    TalkPage& page() {
        for (const auto& [id, one] : m_window->pages())
            if (id == "talk") return *qobject_cast<TalkPage*>(one);
        throw std::runtime_error("there is no talk page");
    }
    PromptEdit& prompt() { return find<PromptEdit>("talk.prompt"); }
    QString text(const char* name) { return find<QLabel>(name).text().replace(QChar(0x202F), ' '); }
    QString answer(const char* side) {
        return find<AnswerView>((std::string("talk.") + side + ".answer").c_str()).toPlainText();
    }
    void click(const char* name) { QTest::mouseClick(&find<QPushButton>(name), Qt::LeftButton); }
    void type(const QString& words) { QTest::keyClicks(&prompt(), words); }
    void say(std::uint64_t request, const char* words, double probability, double kl) {
        TokensGenerated event{RunId(), request, 0, {1}, words, {std::log(probability)}, {}, {}};
        if (kl >= 0) event.kl = {kl};
        m_session->say(event);
    }
    const GenerateTask& generate(std::size_t task) {
        return std::get<GenerateTask>(m_session->tasks.at(task));
    }
    /// Character formats of an answer, by the text they cover.
    std::map<QString, QTextCharFormat> formats(const char* name) {
        std::map<QString, QTextCharFormat> found;
        for (QTextBlock block = find<AnswerView>(name).document()->begin(); block.isValid();
             block = block.next())
            for (auto at = block.begin(); !at.atEnd(); ++at)
                found[at.fragment().text()] = at.fragment().charFormat();
        return found;
    }
};

TEST_F(TalkPageTest, AskingPutsTheSameQuestionToBothModels) {
    EXPECT_EQ(find<ModelPicker>("talk.firstModel").path(), "SmolLM2-135M-Instruct");
    EXPECT_EQ(find<ModelPicker>("talk.secondModel").currentText(), "svd-15 · seed 42 (run 7)");
    EXPECT_FALSE(find<QPushButton>("talk.ask").isEnabled());
    type("Who are you?");
    find<QSpinBox>("talk.seed").setValue(7);
    find<QDoubleSpinBox>("talk.temperature").setValue(0.5);
    find<QSpinBox>("talk.topK").setValue(40);
    find<QDoubleSpinBox>("talk.topP").setValue(0.9);
    find<QSpinBox>("talk.tokens").setValue(12);
    QTest::keyClick(&prompt(), Qt::Key_Return, Qt::ControlModifier);
    ASSERT_EQ(m_session->tasks.size(), 2u);
    EXPECT_EQ(generate(0).model.path, "SmolLM2-135M-Instruct");
    EXPECT_EQ(generate(1).model.path, "run:7");
    EXPECT_EQ(generate(0).request.against, "");
    EXPECT_EQ(generate(1).request.against, "SmolLM2-135M-Instruct");
    EXPECT_NE(generate(0).request.number, generate(1).request.number);
    for (std::size_t i = 0; i < 2; ++i) {
        const GenerateRequest& request = generate(i).request;
        EXPECT_EQ(request.prompt, "Who are you?");
        ASSERT_EQ(request.chat.size(), 1u);
        EXPECT_EQ(request.chat[0].content, "Who are you?");
        EXPECT_EQ(request.seed, 7);
        EXPECT_DOUBLE_EQ(request.temperature, 0.5);
        EXPECT_EQ(request.topK, 40);
        EXPECT_DOUBLE_EQ(request.topP, 0.9);
        EXPECT_EQ(request.tokens, 12);
    }
}

TEST_F(TalkPageTest, PlainTextIsPutWithoutATemplate) {
    find<ChoiceButton>("talk.layout").menu()->actions()[1]->trigger();
    type("Once upon");
    click("talk.ask");
    EXPECT_TRUE(generate(0).request.chat.empty());
    EXPECT_EQ(generate(0).request.prompt, "Once upon");
}

TEST_F(TalkPageTest, TokensStreamIntoTheirAnswersAndCarryTheirDistance) {
    type("Hello");
    click("talk.ask");
    const std::uint64_t first = generate(0).request.number, second = generate(1).request.number;
    m_session->say(TaskStarted{1, "generate"});
    say(first, "Par", 0.8, -1);
    ASSERT_TRUE(waitFor([&] { return answer("first") == "Par"; }));
    say(first, "is", 0.9, -1);
    say(second, "Lyon", 0.5, 0.03);
    say(second, " or", 0.25, 0.3);
    say(second, " so", 0.25, 0.8);
    say(second, " it", 0.25, 5);
    say(999, "stray", 1, 0);
    ASSERT_TRUE(waitFor([&] { return answer("second") == "Lyon or so it"; }));
    EXPECT_EQ(answer("first"), "Paris");
    const auto marked = formats("talk.second.answer");
    EXPECT_EQ(marked.at("Lyon").background().style(), Qt::NoBrush);
    EXPECT_NE(marked.at(" or").background().style(), Qt::NoBrush);
    EXPECT_EQ(marked.at(" or").underlineStyle(), QTextCharFormat::NoUnderline);
    EXPECT_EQ(marked.at(" so").underlineStyle(), QTextCharFormat::DotLine);
    EXPECT_EQ(marked.at(" it").underlineStyle(), QTextCharFormat::WaveUnderline)
        << "not by colour alone";
    EXPECT_EQ(page().answer(1).tokens().tip(3).replace(QChar(0x202F), ' '),
              "“ it”\nprobability 25.0 %\nKL 5.00 nats from the first model's prediction");
    EXPECT_EQ(find<QTableView>("talk.second.tokens").model()->index(2, 2).data().toString(),
              "0.800");
}

TEST_F(TalkPageTest, PointingAtATokenFindsIt) {
    type("Hello");
    click("talk.ask");
    for (const char* words : {"one", " two", " three"})
        say(generate(1).request.number, words, 0.5, 1);
    ASSERT_TRUE(waitFor([&] { return answer("second") == "one two three"; }));
    auto& view = find<AnswerView>("talk.second.answer");
    QTextCursor cursor(view.document());
    cursor.setPosition(5);
    const QPoint inTwo = view.cursorRect(cursor).center() + QPoint(2, 0);
    EXPECT_EQ(view.tokenAt(inTwo), 1u);
    cursor.setPosition(0);
    EXPECT_EQ(view.tokenAt(view.cursorRect(cursor).center() + QPoint(2, 0)), 0u);
    EXPECT_FALSE(view.tokenAt(view.viewport()->rect().bottomRight() - QPoint(3, 3)));
}

TEST_F(TalkPageTest, FiguresStandBelowTheAnswers) {
    type("Hello");
    click("talk.ask");
    say(generate(1).request.number, "Hi", 0.5, 0.25);
    m_session->say(TaskFinished{
        2, {{"ttft_ms", 120.0}, {"tpot_ms", 31.5}, {"mean_kl", 0.25}, {"chat", false}}, {}, false});
    ASSERT_TRUE(waitFor([&] { return text("talk.second.facts").contains("first after"); }));
    EXPECT_EQ(text("talk.second.facts"),
              "1 token · first after 120 ms · then 31.5 ms each · mean KL 0.250 nats · read as "
              "plain text");
    m_session->say(TaskFailed{1, {ErrorCode::NotFound, "there is no such model"}});
    ASSERT_TRUE(waitFor([&] { return text("talk.first.facts") == "there is no such model"; }));
    EXPECT_TRUE(find<QPushButton>("talk.ask").isEnabled());
}

TEST_F(TalkPageTest, StopEndsBothAnswers) {
    type("Hello");
    click("talk.ask");
    EXPECT_FALSE(find<QPushButton>("talk.ask").isVisible());
    click("talk.stop");
    EXPECT_EQ(m_session->calls, (std::vector<std::string>{"cancel task 1", "cancel task 2"}));
    m_session->say(TaskFinished{1, {}, {}, true});
    m_session->say(TaskFinished{2, {}, {}, true});
    ASSERT_TRUE(waitFor([&] { return find<QPushButton>("talk.ask").isVisible(); }));
    EXPECT_EQ(text("talk.second.facts"), "stopped");
}

TEST_F(TalkPageTest, AQuestionWaitsForTheRunThatHasTheEngine) {
    m_session->say(RunStarted{RunId(12), "long run", Json::object(), false});
    ASSERT_TRUE(waitFor([&] { return m_window->monitor().running(); }));
    for (std::size_t i = 0; i < m_window->pages().size(); ++i)
        if (m_window->pages()[i].first == "talk") m_window->showPage(static_cast<int>(i));
    type("Hello");
    click("talk.ask");
    EXPECT_EQ(text("talk.line"), "waits for run 12");
    EXPECT_EQ(text("talk.first.facts"), "waits for run 12");
}

TEST_F(TalkPageTest, AskingManyTimesCountsDistinctAnswers) {
    type("Name a town.");
    find<QSpinBox>("talk.answers").setValue(4);
    click("talk.many");
    ASSERT_EQ(m_session->tasks.size(), 2u);
    const auto& task = std::get<ConsistencyTask>(m_session->tasks[1]);
    EXPECT_EQ(task.model.path, "run:7");
    EXPECT_EQ(task.request.answers, 4);
    EXPECT_EQ(task.request.chat.at(0).content, "Name a town.");
    EXPECT_EQ(task.request.seed, 42);
    const Json result{
        {"answers", 4},        {"distinct", 3}, {"mean_similarity", 0.715},
        {"common_share", 0.5}, {"chat", true},  {"texts", {"Paris", "Lyon", "Paris", "Nice"}}};
    m_session->say(TaskFinished{2, result, {}, false});
    auto& list = find<QListWidget>("talk.second.answers");
    ASSERT_TRUE(waitFor([&] { return list.count() == 3; }));
    EXPECT_EQ(list.item(0)->text(), "2× Paris");
    EXPECT_EQ(list.item(1)->text(), "Lyon");
    EXPECT_EQ(text("talk.second.distinct"), "3 of 4 distinct");
    EXPECT_EQ(text("talk.second.similarity"),
              "similarity 72 % · the most frequent one makes up 50 %");
    EXPECT_FALSE(m_window->grab().isNull());
}

TEST_F(TalkPageTest, AtTemperatureZeroThereIsNothingToAskTwice) {
    type("Hello");
    EXPECT_TRUE(find<QPushButton>("talk.many").isEnabled());
    find<QDoubleSpinBox>("talk.temperature").setValue(0);
    EXPECT_FALSE(find<QPushButton>("talk.many").isEnabled());
    EXPECT_TRUE(find<QPushButton>("talk.many").toolTip().contains("temperature 0"));
    EXPECT_TRUE(find<QPushButton>("talk.ask").isEnabled());
}

TEST_F(TalkPageTest, TheUpArrowBringsBackEarlierPrompts) {
    for (const char* words : {"first", "second"}) {
        prompt().setPlainText(words);
        click("talk.ask");
        const std::size_t asked = m_session->tasks.size();
        m_session->say(TaskFinished{asked - 1, Json::object(), {}, false});
        m_session->say(TaskFinished{asked, Json::object(), {}, false});
        ASSERT_TRUE(waitFor([&] { return find<QPushButton>("talk.ask").isVisible(); }));
    }
    prompt().setPlainText("draft");
    QTest::keyClick(&prompt(), Qt::Key_Up);
    EXPECT_EQ(prompt().toPlainText(), "second");
    QTest::keyClick(&prompt(), Qt::Key_Up);
    EXPECT_EQ(prompt().toPlainText(), "first");
    QTest::keyClick(&prompt(), Qt::Key_Up);
    EXPECT_EQ(prompt().toPlainText(), "first");
    QTest::keyClick(&prompt(), Qt::Key_Down);
    QTest::keyClick(&prompt(), Qt::Key_Down);
    EXPECT_EQ(prompt().toPlainText(), "draft");
}

TEST_F(TalkPageTest, AReadOnlyWorkspaceSaysWhyNothingCanBeAsked) {
    openWindow(true);
    showTalk();
    prompt().setPlainText("Hello");
    EXPECT_FALSE(find<QPushButton>("talk.ask").isEnabled());
    EXPECT_FALSE(find<QPushButton>("talk.many").isEnabled());
    EXPECT_TRUE(text("talk.line").contains("opened read-only"));
    QTest::keyClick(&prompt(), Qt::Key_Return, Qt::ControlModifier);
}

TEST_F(TalkPageTest, AnswersSurviveAChangeOfTheme) {
    type("Hello");
    click("talk.ask");
    say(generate(1).request.number, "far", 0.5, 3);
    ASSERT_TRUE(waitFor([&] { return answer("second") == "far"; }));
    const QColor dark = formats("talk.second.answer").at("far").background().color();
    m_theme->apply(ThemeChoice::Light);
    EXPECT_EQ(answer("second"), "far");
    EXPECT_EQ(formats("talk.second.answer").at("far").underlineStyle(),
              QTextCharFormat::WaveUnderline);
    EXPECT_TRUE(dark.isValid());
    EXPECT_FALSE(m_window->grab().isNull());
}

TEST(KlBands, HaveEdgesThatPeopleCanRead) {
    EXPECT_EQ(klBand(std::nan("")), KlBand::Agrees);
    EXPECT_EQ(klBand(0.0999), KlBand::Agrees);
    EXPECT_EQ(klBand(0.1), KlBand::Slight);
    EXPECT_EQ(klBand(0.5), KlBand::Clear);
    EXPECT_EQ(klBand(2), KlBand::Strong);
    EXPECT_EQ(klBand(INFINITY), KlBand::Strong);
    EXPECT_EQ(klBandText(KlBand::Slight), "0.1 to 0.5");
}

}  // namespace
}  // namespace skd::test
