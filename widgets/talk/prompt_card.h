#pragma once

#include "bridge/task_runner.h"
#include "controls/card.h"

class QDoubleSpinBox;
class QHBoxLayout;
class QPushButton;
class QSpinBox;

namespace skd {

class ChoiceButton;
class ModelPicker;
class PromptEdit;

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
    void addField(QHBoxLayout* row, const QString& name, QWidget* field);
    QDoubleSpinBox* makeShare(const char* key, const QString& name, const QString& tip, double low,
                              double high, double value);
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
