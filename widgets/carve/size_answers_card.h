#pragma once

#include "carve/carve_state.h"
#include "controls/card.h"

namespace skd {

/// Over an elastic run: what its model of the nearest node has answered to the run's prompts, as
/// recorded, so that no model is needed.
class SizeAnswersCard : public Card {
    Q_OBJECT
public:
    explicit SizeAnswersCard(CarveState& state, QWidget* parent = nullptr);
    /// Whether the page is over a run whose sizes have answered.
    [[nodiscard]] bool hasAnswers() const;

private:
    void refresh();
    void fill(const AnswerSet& answers);

    CarveState& m_state;
    std::optional<AnswerSet> m_shown;
    QWidget* m_list;
};

}  // namespace skd
