#pragma once

#include <QPlainTextEdit>
#include <QStringList>

#include "bridge/task_runner.h"
#include "controls/card.h"

class QDoubleSpinBox;
class QPushButton;
class QSpinBox;

namespace skd {

class ChoiceButton;
class ModelPicker;

/// Several lines of a prompt: Ctrl+Enter sends, the up arrow in the first line brings back earlier
/// prompts, the down arrow in the last line goes forward again.
class PromptEdit : public QPlainTextEdit {
    Q_OBJECT
public:
    explicit PromptEdit(QWidget* parent = nullptr);
    /// Keeps the text as the newest of the earlier prompts.
    void remember();

Q_SIGNALS:
    void submitted();

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    bool recall(int direction);
    QStringList m_history;  ///< oldest first
    QString m_draft;        ///< what was being written before the first recall
    qsizetype m_place = 0;  ///< in the history; its size = the draft
};

/// The question, whom it goes to, and how answers are drawn.
class PromptCard : public Card {
    Q_OBJECT
public:
    explicit PromptCard(QWidget* parent = nullptr);
    [[nodiscard]] PromptEdit& prompt() { return *m_prompt; }
    [[nodiscard]] ModelPicker& first() { return *m_first; }
    [[nodiscard]] ModelPicker& second() { return *m_second; }

    /// `path` with the settings on screen.
    [[nodiscard]] GenerateTask generateTask(const QString& path, std::uint64_t number,
                                            const QString& against) const;
    [[nodiscard]] ConsistencyTask consistencyTask(const QString& path) const;
    /// `reason`: why nothing can be asked; empty where it can.
    void showState(bool busy, const QString& line, const QString& reason);

Q_SIGNALS:
    void asked();
    void askedMany();
    void stopRequested();

private:
    void buildHeader();
    QHBoxLayout* buildFields();
    QHBoxLayout* buildButtons();
    void showButtons();

    PromptEdit* m_prompt;
    ModelPicker *m_first, *m_second;
    ChoiceButton* m_layout;
    QSpinBox *m_seed, *m_topK, *m_tokens, *m_answers;
    QDoubleSpinBox *m_temperature, *m_topP;
    QPushButton *m_ask, *m_many, *m_stop;
    QLabel* m_line;
    QString m_state, m_reason;
    bool m_busy = false;
};

}  // namespace skd
