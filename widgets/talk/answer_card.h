#pragma once

#include "bridge/task_runner.h"
#include "controls/card.h"
#include "talk/answer_view.h"

class QListWidget;
class QStackedWidget;

namespace skd {

class ChoiceButton;

/// What one model says: its answer as it comes, or many answers to the same prompt.
class AnswerCard : public Card {
    Q_OBJECT
public:
    /// `key` goes into object names: "talk.first".
    AnswerCard(const QString& key, const QString& name, QWidget* parent = nullptr);
    [[nodiscard]] AnswerTokens& tokens() { return m_tokens; }
    [[nodiscard]] AnswerView& view() { return *m_view; }

    /// Empties the card for a new question.
    void begin(bool many);
    void append(const TokensGenerated& event);
    void showState(const TaskRunner& runner);
    void showProblem(const QString& text);
    /// What a finished GenerateTask or ConsistencyTask says.
    void showResult(const TaskFinished& event);

private:
    enum class Shown { Text, Table, Many };
    void buildPages(const QString& key, const QString& name);
    void showPage(Shown page);
    void showFacts(const QString& text, const char* tone);
    void showAnswer(const Json& result);
    void showAnswers(const Json& result);

    AnswerTokens m_tokens;
    AnswerView* m_view;
    ChoiceButton* m_form;
    QStackedWidget* m_pages;
    QLabel *m_facts, *m_summary, *m_detail;
    QListWidget* m_answers;
    bool m_many = false;
};

}  // namespace skd
