#pragma once

#include "controls/card.h"
#include "controls/grid_model.h"
#include "results/recorded_answers.h"

namespace skd {

class ChoiceButton;
class DataTable;

/// What the models of a run answered while it ran, side by side: it needs no model.
class RecordedCard : public Card {
    Q_OBJECT
public:
    explicit RecordedCard(QWidget* parent = nullptr);
    /// Hides itself where there are none.
    void show(const QString& run, const std::vector<AnswerSet>& answers);
    [[nodiscard]] bool hasAnswers() const { return m_model->rowCount() > 0; }

private:
    void fill();
    void offerSizes();
    /// Of the sets side by side: without those of an elastic run's sizes that are not chosen.
    [[nodiscard]] std::vector<const AnswerSet*> chosenSets() const;
    void showSame(const std::vector<const AnswerSet*>& shown);
    std::vector<AnswerSet> m_answers;
    ChoiceButton* m_size;  ///< of an elastic run's recovered model
    GridModel* m_model;
    DataTable* m_table;
    QLabel* m_same;
    QTimer m_fit;  ///< of the rows to their texts, once the columns have their widths
};

}  // namespace skd
