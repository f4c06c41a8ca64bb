#include "carve/size_answers_card.h"

#include <QScrollArea>

#include "bridge/text.h"
#include "controls/build.h"
#include "style/format.h"

namespace skd {

SizeAnswersCard::SizeAnswersCard(CarveState& state, QWidget* parent)
    : Card(tr("Recorded answers"), parent), m_state(state), m_list(new QWidget(this)) {
    auto* scroll = new QScrollArea(this);
    scroll->setObjectName(QStringLiteral("carve.answers.list"));
    scroll->setAccessibleName(tr("Recorded answers"));
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(m_list);
    m_list->setAutoFillBackground(false);
    scroll->viewport()->setAutoFillBackground(false);
    makeColumn(2, m_list);
    body()->addWidget(scroll, 1);
    connect(&state, &CarveState::planChanged, this, &SizeAnswersCard::refresh);
}

bool SizeAnswersCard::hasAnswers() const {
    return m_state.sizes() != nullptr && m_state.sizes()->answersAt(m_state.removed()) != nullptr;
}

void SizeAnswersCard::refresh() {
    if (!hasAnswers()) return;
    const AnswerSet& answers = *m_state.sizes()->answersAt(m_state.removed());
    if (m_shown == answers) return;
    m_shown = answers;
    setTitle(tr("Recorded answers · %1 removed").arg(formatPercent(*answers.removed, 0)),
             tr("what the run's model of the nearest measured size said when the run ended: "
                "greedily, each prompt once"));
    fill(answers);
}

void SizeAnswersCard::fill(const AnswerSet& answers) {
    while (QLayoutItem* item = m_list->layout()->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    auto* column = static_cast<QVBoxLayout*>(m_list->layout());
    for (const RecordedAnswer& answer : answers.answers) {
        QString text = answer.ended == "not finite" ? tr("(its logits were not finite)")
                                                    : asText(answer.text).trimmed();
        if (answer.ended == "length") text += QStringLiteral(" …");
        auto* said = wrapped(makeLabel(text, TextRole::Strong, "", m_list, "carve.answer"));
        said->setTextFormat(Qt::PlainText);
        said->setTextInteractionFlags(Qt::TextSelectableByMouse);
        auto* prompt =
            wrapped(makeLabel(asText(answer.prompt), TextRole::Small, "secondary", m_list));
        prompt->setTextFormat(Qt::PlainText);
        addAll(column, {prompt, said, gap(12)});
    }
    addAll(column, {rest()});
}

}  // namespace skd
