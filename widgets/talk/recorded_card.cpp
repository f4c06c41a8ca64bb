#include "talk/recorded_card.h"

#include <QHeaderView>
#include <algorithm>
#include <cmath>

#include "bridge/text.h"
#include "controls/choice_button.h"
#include "controls/data_table.h"
#include "style/format.h"

namespace skd {

namespace {

QString stageTitle(const AnswerSet& set, bool several) {
    const QString title = set.stage == kDenseAnswers   ? RecordedCard::tr("Dense")
                          : set.stage == kStartAnswers ? RecordedCard::tr("At the start")
                          : set.stage == kCutAnswers   ? RecordedCard::tr("After the cut")
                                                       : RecordedCard::tr("Recovered");
    if (set.removed)
        return RecordedCard::tr("%1, %2 removed").arg(title, formatPercent(*set.removed, 0));
    return several && set.round > 0 ? RecordedCard::tr("%1, round %2").arg(title).arg(set.round)
                                    : title;
}

bool isSize(const AnswerSet& set) {
    return set.stage == kRecoveredAnswers && set.removed.has_value();
}

/// What a choice has for a size: hundredths of a percent.
int choiceOf(double removed) {
    return static_cast<int>(std::lround(removed * 1e4));
}

/// The answer as it reads, and in its tip how it ended.
GridCell answerCell(const RecordedAnswer* answer) {
    if (answer == nullptr) return {.text = QStringLiteral("–")};
    if (answer->ended == "not finite")
        return {.text = RecordedCard::tr("(its logits were not finite)")};
    const bool ended = answer->ended == "stop";
    QString text = asText(answer->text).trimmed();
    QStringList facts{RecordedCard::tr("%1 tokens", nullptr, static_cast<int>(answer->tokens))
                          .arg(formatWhole(answer->tokens))};
    if (!ended) facts << RecordedCard::tr("cut off at the longest answer");
    if (!answer->chat) facts << RecordedCard::tr("read as plain text");
    const QString tip = text + QLatin1Char('\n') + facts.join(QStringLiteral(" · "));
    if (!ended) text += QStringLiteral(" …");
    return {.text = text, .tip = tip};
}

}  // namespace

RecordedCard::RecordedCard(QWidget* parent)
    : Card(tr("Recorded answers"), parent),
      m_model(new GridModel(this, GridLayout::List)),
      m_table(named(new DataTable(tr("Recorded answers"), this), "talk.recorded")) {
    m_size = new ChoiceButton("talk.recorded.size", tr("Size of the recovered model"),
                              tr("recovered: "), {{QString(), {}, 0}}, this);
    m_size->hide();
    addControl(m_size);
    connect(m_size, &ChoiceButton::chosen, this, &RecordedCard::fill);
    m_table->setModel(m_model);
    m_table->setWordWrap(true);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_table->setMinimumHeight(4 * m_table->fontMetrics().lineSpacing());
    m_same = wrapped(makeLabel({}, TextRole::Small, "secondary", this, "talk.recorded.same"));
    addAll(body(), {{m_table, 1}, gap(4), m_same});
    callAfter(m_fit, 0, m_table, [this] { m_table->resizeRowsToContents(); });
    whenChanged(m_table, QEvent::Resize, [this] { m_fit.start(); });
    hide();
}

void RecordedCard::show(const QString& run, const std::vector<AnswerSet>& answers) {
    setTitle(run.isEmpty() ? tr("Recorded answers") : tr("Recorded answers of %1").arg(run),
             tr("what its models said while it ran: greedily, each prompt once"));
    if (m_answers != answers) {
        m_answers = answers;
        offerSizes();
        fill();
    }
    setVisible(hasAnswers());
}

/// The size that stands for the run, which answered after the cut as well, is shown first.
void RecordedCard::offerSizes() {
    std::vector<ChoiceButton::Choice> choices;
    int first = 0;
    for (const AnswerSet* set : shownAnswers(m_answers)) {
        if (set->stage == kCutAnswers && set->removed) first = choiceOf(*set->removed);
        if (isSize(*set))
            choices.push_back({tr("%1 removed").arg(formatPercent(*set->removed, 0)),
                               {},
                               choiceOf(*set->removed)});
    }
    m_size->setVisible(choices.size() > 1);
    if (choices.empty()) return;
    m_size->setChoices(std::move(choices));
    m_size->setValue(first);
}

std::vector<const AnswerSet*> RecordedCard::chosenSets() const {
    std::vector<const AnswerSet*> shown = shownAnswers(m_answers);
    if (!m_size->isHidden())
        std::erase_if(shown, [this](const AnswerSet* set) {
            return isSize(*set) && choiceOf(*set->removed) != m_size->value();
        });
    return shown;
}

void RecordedCard::fill() {
    const std::vector<const AnswerSet*> shown = chosenSets();
    const bool several = std::any_of(m_answers.begin(), m_answers.end(),
                                     [](const AnswerSet& set) { return set.round > 1; });
    QStringList header{tr("Prompt")};
    for (const AnswerSet* set : shown) header << stageTitle(*set, several);
    GridModel::Rows rows;
    for (const std::string& prompt : promptsOf(shown)) {
        GridModel::Row row{{.text = asText(prompt)}};
        for (const AnswerSet* set : shown) row.push_back(answerCell(findAnswer(*set, prompt)));
        rows.push_back(std::move(row));
    }
    m_model->setGrid(std::move(header), std::move(rows));
    showSame(shown);
    m_fit.start();
}

/// How many answers of the last model are those of the first one, word for word.
void RecordedCard::showSame(const std::vector<const AnswerSet*>& shown) {
    qint64 asked = 0, same = 0;
    if (shown.size() > 1)
        for (const RecordedAnswer& answer : shown.front()->answers) {
            const RecordedAnswer* last = findAnswer(*shown.back(), answer.prompt);
            asked += last != nullptr;
            same += last != nullptr && last->text == answer.text && last->ended == answer.ended;
        }
    m_same->setText(tr("%1 of %2 answers of the last model are the first one's, word for word.")
                        .arg(formatWhole(same), formatWhole(asked)));
    m_same->setVisible(asked > 0);
}

}  // namespace skd
