#include "talk/prompt_card.h"

#include <QDoubleSpinBox>
#include <QKeyEvent>
#include <QPushButton>
#include <QSpinBox>
#include <QTextBlock>

#include "controls/build.h"
#include "controls/choice_button.h"
#include "controls/model_picker.h"

namespace skd {

namespace {
constexpr int kNumberWidth = 58, kShareWidth = 52;  ///< px
}

PromptEdit::PromptEdit(QWidget* parent) : QPlainTextEdit(parent) {
    setAccessibleName(tr("Prompt"));
    setPlaceholderText(tr("Ask both models something…"));
    setTabChangesFocus(true);
    setFixedHeight(5 * fontMetrics().lineSpacing() + 14);
}

void PromptEdit::remember() {
    const QString text = toPlainText().trimmed();
    if (!text.isEmpty() && (m_history.isEmpty() || m_history.back() != text)) m_history << text;
    m_place = m_history.size();
    m_draft.clear();
}

/// Whether there was an earlier or later prompt to show.
bool PromptEdit::recall(int direction) {
    const qsizetype next = m_place + direction;
    if (next < 0 || next > m_history.size()) return false;
    if (m_place == m_history.size()) m_draft = toPlainText();
    m_place = next;
    setPlainText(next == m_history.size() ? m_draft : m_history[next]);
    moveCursor(QTextCursor::End);
    return true;
}

void PromptEdit::keyPressEvent(QKeyEvent* event) {
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (enter && event->modifiers().testFlag(Qt::ControlModifier)) return Q_EMIT submitted();
    const bool plain =
        event->modifiers() == Qt::NoModifier || event->modifiers() == Qt::KeypadModifier;
    const int line = textCursor().blockNumber();
    if (plain && event->key() == Qt::Key_Up && line == 0 && recall(-1)) return;
    if (plain && event->key() == Qt::Key_Down && line == blockCount() - 1 && recall(1)) return;
    QPlainTextEdit::keyPressEvent(event);
}

PromptCard::PromptCard(QWidget* parent) : Card(tr("Prompt"), parent) {
    buildHeader();
    m_prompt = named(new PromptEdit(this), "talk.prompt");
    auto* fields = buildFields();
    auto* buttons = buildButtons();
    body()->setSpacing(8);
    addAll(body(), {{m_prompt, 1}, fields, buttons});
    connect(m_prompt, &PromptEdit::submitted, this, [this] {
        if (m_ask->isEnabled() && m_ask->isVisible()) Q_EMIT asked();
    });
    connect(m_prompt, &QPlainTextEdit::textChanged, this, &PromptCard::showButtons);
    for (ModelPicker* picker : {m_first, m_second})
        connect(picker, &ModelPicker::pathChanged, this, &PromptCard::showButtons);
    connect(m_temperature, &QDoubleSpinBox::valueChanged, this, &PromptCard::showButtons);
    showButtons();
}

void PromptCard::buildHeader() {
    m_first =
        named(new ModelPicker(tr("First model"), tr("the dense model"), this), "talk.firstModel");
    m_second = named(new ModelPicker(tr("Second model"), tr("a pruned model, e.g. run:7"), this),
                     "talk.secondModel");
    for (ModelPicker* picker : {m_first, m_second}) picker->setMinimumContentsLength(20);
    m_layout = new ChoiceButton(
        "talk.layout", tr("How the prompt is written"), tr("put "),
        {{tr("as a chat"), tr("by the model's chat template; as plain text where it has none"), 1},
         {tr("as plain text"), tr("the model continues the text"), 0}},
        this);
    addControl(m_layout);
    addControl(m_first);
    addControl(makeLabel(tr("and"), TextRole::Small, "secondary", this));
    addControl(m_second);
}

QHBoxLayout* PromptCard::buildFields() {
    auto* row = makeRow(6);
    m_seed =
        makeNumber<QSpinBox>("talk.seed", tr("Seed"), tr("both models draw from the same seed"), 0,
                             999'999'999, 42, kNumberWidth, this);
    m_temperature = makeNumber<QDoubleSpinBox>("talk.temperature", tr("Temperature"),
                                               tr("0 always picks the most probable token"), 0.0,
                                               10.0, 0.7, kShareWidth, this);
    m_topK = makeNumber<QSpinBox>("talk.topK", tr("Top k"),
                                  tr("draws from the k most probable tokens; 0 from all"), 0,
                                  1'000'000, 0, kNumberWidth, this);
    m_topP = makeNumber<QDoubleSpinBox>(
        "talk.topP", tr("Top p"),
        tr("draws from the fewest tokens that hold this share of the probability; 1 from all"),
        0.01, 1.0, 1.0, kShareWidth, this);
    for (QDoubleSpinBox* box : {m_temperature, m_topP}) box->setSingleStep(0.05);
    m_tokens = makeNumber<QSpinBox>("talk.tokens", tr("Tokens"), tr("at most, per answer"), 1,
                                    100'000, 96, kNumberWidth, this);
    const std::pair<QString, QWidget*> fields[] = {{tr("seed"), m_seed},
                                                   {tr("temperature"), m_temperature},
                                                   {tr("top k"), m_topK},
                                                   {tr("top p"), m_topP},
                                                   {tr("tokens"), m_tokens}};
    for (const auto& [name, field] : fields)
        addAll(row, {makeLabel(name, TextRole::Small, "secondary", this), field, gap(8)});
    row->addStretch(1);
    return row;
}

QHBoxLayout* PromptCard::buildButtons() {
    auto* row = makeRow(6);
    m_ask = makePrimary(tr("Ask"), "talk.ask", {}, this);
    m_many = makeButton(tr("Ask it"), "talk.many", {}, this);
    m_answers = makeNumber<QSpinBox>("talk.answers", tr("How many times"),
                                     tr("answers of each model to the same prompt"), 2, 64, 8,
                                     kNumberWidth, this);
    m_answers->setSuffix(tr(" ×"));
    m_stop = makeButton(tr("Stop"), "talk.stop", {}, this);
    addAll(row, {m_ask, m_stop, gap(10), m_many, m_answers, gap(10)});
    m_line = makeLabel({}, TextRole::Small, "secondary", this, "talk.line");
    m_line->setAccessibleName(tr("State of the question"));
    m_line->setMinimumWidth(10);
    row->addWidget(m_line, 1);
    connect(m_ask, &QPushButton::clicked, this, &PromptCard::asked);
    connect(m_many, &QPushButton::clicked, this, &PromptCard::askedMany);
    connect(m_stop, &QPushButton::clicked, this, &PromptCard::stopRequested);
    return row;
}

GenerateTask PromptCard::generateTask(const QString& path, std::uint64_t number,
                                      const QString& against) const {
    GenerateTask task;
    task.model.path = path.toStdString();
    GenerateRequest& request = task.request;
    request.number = number;
    request.prompt = m_prompt->toPlainText().toStdString();
    if (m_layout->value() == 1) request.chat = {{ChatRole::User, request.prompt}};
    request.tokens = m_tokens->value();
    request.temperature = m_temperature->value();
    request.topK = m_topK->value();
    request.topP = m_topP->value();
    request.seed = m_seed->value();
    request.against = against.toStdString();
    return task;
}

ConsistencyTask PromptCard::consistencyTask(const QString& path) const {
    const GenerateTask one = generateTask(path, 0, {});
    ConsistencyTask task;
    task.model = one.model;
    task.request = {one.request.prompt,      m_answers->value(), one.request.tokens,
                    one.request.temperature, one.request.topK,   one.request.topP,
                    one.request.seed,        one.request.chat};
    return task;
}

void PromptCard::showState(bool busy, const QString& line, const QString& reason) {
    m_busy = busy;
    m_state = line;
    m_reason = reason;
    showButtons();
}

void PromptCard::showButtons() {
    QString why = m_reason;
    if (why.isEmpty() && m_first->path().isEmpty()) why = tr("Choose the first model.");
    const QString missing =
        m_prompt->toPlainText().trimmed().isEmpty() ? tr("Write a prompt first.") : QString();
    m_ask->setVisible(!m_busy);
    m_stop->setVisible(m_busy);
    m_ask->setEnabled(!m_busy && why.isEmpty() && missing.isEmpty());
    const bool drawn = m_temperature->value() > 0;
    m_many->setEnabled(m_ask->isEnabled() && drawn);
    m_answers->setEnabled(!m_busy && m_reason.isEmpty());
    for (QPushButton* button : {m_ask, m_many}) button->setToolTip(!why.isEmpty() ? why : missing);
    if (m_ask->isEnabled())
        m_ask->setToolTip(tr("Both models answer with the same seed (Ctrl+Enter)"));
    if (m_ask->isEnabled())
        m_many->setToolTip(drawn
                               ? tr("How many different answers there are, and how alike they are")
                               : tr("At temperature 0 every answer is the same."));
    m_line->setText(m_busy ? m_state : why);
    m_line->setToolTip(m_line->text());
}

}  // namespace skd
