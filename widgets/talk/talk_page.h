#pragma once

#include <array>

#include "bridge/model_names.h"
#include "bridge/task_runner.h"
#include "controls/page.h"

namespace skd {

class AnswerCard;
class PromptCard;
class RecordedCard;

/// One prompt, two models, the same seed: their answers side by side; and what the models of the
/// selected run answered while it ran.
class TalkPage : public LivePage {
    Q_OBJECT
public:
    explicit TalkPage(const PageContext& context, QWidget* parent = nullptr);
    [[nodiscard]] bool followsRuns() const override { return false; }
    [[nodiscard]] bool settled() const override { return LivePage::settled() && m_names.loaded(); }
    [[nodiscard]] PromptCard& prompt() { return *m_prompt; }
    [[nodiscard]] AnswerCard& answer(std::size_t side) { return *m_sides.at(side).card; }

protected:
    /// Other pages have moved on meanwhile.
    void showEvent(QShowEvent* event) override {
        markDirty();
        LivePage::showEvent(event);
    }

private:
    /// One model's answer.
    struct Side {
        TaskRunner* runner = nullptr;
        AnswerCard* card = nullptr;
        std::uint64_t number = 0;  ///< of its request
    };
    void buildLayout();
    void connectParts();
    void connectSide(std::size_t side);
    void refresh() override;
    void ask(bool many);
    void askSide(std::size_t side, bool many);
    void stop();
    void showState();
    void showTitles();
    void showRecorded();
    [[nodiscard]] bool busy() const;
    [[nodiscard]] QString path(std::size_t side) const;

    PageContext m_context;
    ModelNames m_names;
    PromptCard* m_prompt;
    QWidget* m_answers;  ///< both models' cards
    RecordedCard* m_recorded;
    std::array<Side, 2> m_sides;
    std::uint64_t m_lastNumber = 0;
    RunId m_recordedOf;  ///< whose record is at hand
    bool m_asked = false;
};

}  // namespace skd
