#include "talk/answer_card.h"

#include <QHeaderView>
#include <QListWidget>
#include <QStackedWidget>
#include <QTableView>
#include <algorithm>
#include <cmath>
#include <map>

#include "controls/build.h"
#include "controls/choice_button.h"
#include "style/format.h"

namespace skd {

namespace {

double numberAt(const Json& object, const char* key) {
    return valueOr(object, key, std::nan(""));
}

}  // namespace

AnswerCard::AnswerCard(const QString& key, const QString& name, QWidget* parent)
    : Card(name, parent) {
    setMinimumWidth(220);
    m_form = named(new ChoiceButton("", tr("How the answer is shown"), {},
                                    {{tr("text"), {}, Shown::Text},
                                     {tr("table of tokens"),
                                      tr("every token with its probability and KL"), Shown::Table}},
                                    this),
                   key + QLatin1String(".form"));
    addControl(m_form);
    buildPages(key, name);
    m_facts =
        wrapped(makeLabel({}, TextRole::Small, "secondary", this, key + QLatin1String(".facts")));
    m_facts->setAccessibleName(tr("Figures of the answer"));
    addAll(body(), {{m_pages, 1}, gap(4), m_facts});
    connect(m_form, &ChoiceButton::chosen, this,
            [this](int form) { showPage(static_cast<Shown>(form)); });
}

void AnswerCard::buildPages(const QString& key, const QString& name) {
    m_pages = new QStackedWidget(this);
    m_view = named(new AnswerView(m_tokens, m_pages), key + QLatin1String(".answer"),
                   tr("Answer of: %1").arg(name));
    auto* table = named(new QTableView(m_pages), key + QLatin1String(".tokens"),
                        tr("Tokens of the answer of: %1").arg(name));
    table->setModel(&m_tokens);
    table->setShowGrid(false);
    table->verticalHeader()->setDefaultSectionSize(22);
    table->horizontalHeader()->setSectionResizeMode(AnswerTokens::Text, QHeaderView::Stretch);
    auto* many = new QWidget(m_pages);
    auto* column = makeColumn(2, many);
    m_summary = makeLabel({}, TextRole::Figure, "", many, key + QLatin1String(".distinct"));
    m_summary->setAccessibleName(tr("Distinct answers"));
    m_detail = wrapped(
        makeLabel({}, TextRole::Small, "secondary", many, key + QLatin1String(".similarity")));
    m_answers = named(new QListWidget(many), key + QLatin1String(".answers"),
                      tr("Answers of: %1").arg(name));
    m_answers->setWordWrap(true);
    m_answers->setFrameShape(QFrame::NoFrame);
    m_answers->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    addAll(column, {m_summary, m_detail, gap(6), {m_answers, 1}});
    for (QWidget* page : {static_cast<QWidget*>(m_view), static_cast<QWidget*>(table), many})
        m_pages->addWidget(page);
}

void AnswerCard::showPage(Shown page) {
    m_pages->setCurrentIndex(static_cast<int>(page));
    if (page != Shown::Many) m_form->setValue(static_cast<int>(page));
}

void AnswerCard::begin(bool many) {
    m_many = many;
    m_tokens.clear();
    m_answers->clear();
    m_summary->clear();
    m_detail->clear();
    m_form->setVisible(!many);
    showPage(many ? Shown::Many : static_cast<Shown>(m_form->value()));
    showFacts({}, "secondary");
}

void AnswerCard::append(const TokensGenerated& event) {
    m_tokens.append(event);
    showFacts(tr("%1 tokens…", nullptr, m_tokens.tokens().size())
                  .arg(formatWhole(m_tokens.tokens().size())),
              "accent");
}

void AnswerCard::showState(const TaskRunner& runner) {
    if (runner.busy() && m_tokens.tokens().empty()) showFacts(runner.line(), "secondary");
}

void AnswerCard::showProblem(const QString& text) {
    showFacts(text, "bad");
}

void AnswerCard::showFacts(const QString& text, const char* tone) {
    m_facts->setText(text);
    setTone(m_facts, tone);
}

void AnswerCard::showResult(const TaskFinished& event) {
    if (event.result.is_object()) m_many ? showAnswers(event.result) : showAnswer(event.result);
    if (!event.cancelled) return;
    showFacts(m_facts->text().isEmpty() || !event.result.is_object()
                  ? tr("stopped")
                  : tr("stopped · %1").arg(m_facts->text()),
              "secondary");
}

void AnswerCard::showAnswer(const Json& result) {
    QStringList facts{tr("%1 tokens", nullptr, m_tokens.tokens().size())
                          .arg(formatWhole(m_tokens.tokens().size()))};
    if (const double ms = numberAt(result, "ttft_ms"); !std::isnan(ms))
        facts << tr("first after %1").arg(formatSpan(ms / 1000));
    if (const double ms = numberAt(result, "tpot_ms"); !std::isnan(ms))
        facts << tr("then %1 each").arg(formatSpan(ms / 1000));
    if (const double kl = numberAt(result, "mean_kl"); !std::isnan(kl))
        facts << tr("mean KL %1 nats").arg(formatValue(kl));
    if (valueOr(result, "chat", false) == false) facts << tr("read as plain text");
    showFacts(facts.join(QStringLiteral(" · ")), "secondary");
}

/// Equal texts stand once, with how often they came.
void AnswerCard::showAnswers(const Json& result) {
    std::map<QString, int> places;
    std::vector<std::pair<QString, int>> counts;
    for (const Json& text : valueOr(result, "texts", Json::array())) {
        if (!text.is_string()) continue;
        const QString answer = QString::fromStdString(valueOr(text, ""));
        const auto [place, fresh] = places.try_emplace(answer, static_cast<int>(counts.size()));
        if (fresh) counts.emplace_back(answer, 0);
        ++counts[place->second].second;
    }
    std::stable_sort(counts.begin(), counts.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    m_answers->clear();
    for (const auto& [text, count] : counts)
        m_answers->addItem(count > 1 ? tr("%1× %2").arg(count).arg(text.trimmed())
                                     : text.trimmed());
    m_summary->setText(tr("%1 of %2 distinct")
                           .arg(formatTick(numberAt(result, "distinct")),
                                formatTick(numberAt(result, "answers"))));
    m_detail->setText(tr("similarity %1 · the most frequent one makes up %2")
                          .arg(formatPercent(numberAt(result, "mean_similarity"), 0),
                               formatPercent(numberAt(result, "common_share"), 0)));
    m_detail->setToolTip(
        tr("mean over all pairs of 1 − edit distance in tokens / tokens of the longer one"));
    showFacts(valueOr(result, "chat", false) ? QString() : tr("read as plain text"), "secondary");
}

}  // namespace skd
