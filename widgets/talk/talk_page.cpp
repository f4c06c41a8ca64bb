#include "talk/talk_page.h"

#include <QBoxLayout>
#include <algorithm>
#include <utility>

#include "controls/build.h"
#include "controls/model_picker.h"
#include "talk/answer_card.h"
#include "talk/prompt_card.h"
#include "talk/recorded_card.h"

namespace skd {

TalkPage::TalkPage(const PageContext& context, QWidget* parent)
    : LivePage(parent), m_context(context), m_names(context.workspace) {
    m_prompt = new PromptCard(this);
    const QString keys[] = {QStringLiteral("talk.first"), QStringLiteral("talk.second")};
    const QString names[] = {tr("First model"), tr("Second model")};
    for (std::size_t side = 0; side < m_sides.size(); ++side)
        m_sides[side] = {new TaskRunner(context.workspace, context.monitor, this),
                         new AnswerCard(keys[side], names[side], this), 0};
    m_recorded = new RecordedCard(this);
    buildLayout();
    connectParts();
    showTitles();
    showState();
}

void TalkPage::buildLayout() {
    auto* column = makeLayout<QVBoxLayout>();
    column->addWidget(m_prompt);
    m_answers = new QWidget(this);
    auto* answers = new QHBoxLayout(m_answers);
    answers->setContentsMargins({});
    answers->setSpacing(column->spacing());
    for (const auto& side : m_sides) answers->addWidget(side.card, 1);
    auto* legend = makeRow();
    legend->addStretch(1);
    legend->addWidget(new KlLegend(this));
    m_sides[1].card->body()->addLayout(legend);
    column->addWidget(m_answers, 1);  // one or the other is seen
    column->addWidget(m_recorded, 1);
    setFocusProxy(&m_prompt->prompt());
}

void TalkPage::connectParts() {
    connect(&m_context.selection, &RunSelection::changed, this, &TalkPage::markDirty);
    connect(&m_context.workspace, &Workspace::runsChanged, this, &TalkPage::markDirty);
    connect(&m_context.monitor, &RunMonitor::modelOpened, this, &TalkPage::markDirty);
    connect(&m_context.curves, &RunCurvesCache::changed, this, [this](RunId run) {
        if (run == m_context.selection.current()) markDirty();
    });
    connect(&m_names, &ModelNames::changed, this, &TalkPage::markDirty);
    connect(m_prompt, &PromptCard::asked, this, [this] { ask(false); });
    connect(m_prompt, &PromptCard::askedMany, this, [this] { ask(true); });
    connect(m_prompt, &PromptCard::stopRequested, this, &TalkPage::stop);
    for (ModelPicker* picker : {&m_prompt->first(), &m_prompt->second()})
        connect(picker, &ModelPicker::pathChanged, this, &TalkPage::showTitles);
    m_context.workspace.events().on<TokensGenerated>(this, [this](const TokensGenerated& e) {
        for (Side& side : m_sides)
            if (side.runner->busy() && side.number == e.request) side.card->append(e);
    });
    for (std::size_t side = 0; side < m_sides.size(); ++side) connectSide(side);
}

void TalkPage::connectSide(std::size_t side) {
    const Side& one = m_sides[side];
    connect(one.runner, &TaskRunner::changed, this, [this, one] {
        one.card->showState(*one.runner);
        showState();
    });
    connect(one.runner, &TaskRunner::finished, one.card, &AnswerCard::showResult);
    connect(one.runner, &TaskRunner::failed, one.card, &AnswerCard::showProblem);
}

QString TalkPage::path(std::size_t side) const {
    return side == 0 ? m_prompt->first().path() : m_prompt->second().path();
}

/// Offers the dense models that are known, and the models of the runs that are selected.
void TalkPage::refresh() {
    m_names.refresh();
    QStringList dense, runs;
    const auto add = [](QStringList& list, const QString& path) {
        if (!path.isEmpty() && !list.contains(path)) list << path;
    };
    add(dense, m_context.monitor.openModelPath());
    const RunId current = m_context.selection.current();
    if (const auto spec = parseRunSpec(m_context.curves.curves(current).details.spec);
        spec && !spec->model.path.starts_with("run:"))
        add(dense, QString::fromStdString(spec->model.path));
    add(dense, QString::fromStdString(ModelRef().path));
    // Where the faders of the Carve page stand.
    if (const QString shown = asText(m_context.shownSpec().model.path); ModelNames::isSlice(shown))
        add(runs, shown);
    if (current != RunId()) add(runs, ModelNames::pathOf(current));
    for (RunId run : m_context.selection.others()) add(runs, ModelNames::pathOf(run));
    const auto title = [this](const QString& path) { return m_names.title(path); };
    const auto offer = [&](ModelPicker& picker, const QStringList& first, const QStringList& then) {
        const bool untouched = !picker.touched();
        picker.setChoices(first + then, title);
        if (untouched && !first.isEmpty()) picker.setPath(first.front());
    };
    offer(m_prompt->first(), dense, runs);
    offer(m_prompt->second(), runs, dense);
    showTitles();
    showRecorded();
}

/// What was recorded stands in the place of the answers until the models themselves are asked.
void TalkPage::showRecorded() {
    const RunId current = m_context.selection.current();
    if (std::exchange(m_recordedOf, current) != current && !busy()) m_asked = false;
    const RunCurves& curves = m_context.curves.curves(current);
    m_recorded->show(asText(curves.details.row.name), curves.answers);
    const bool recorded = m_recorded->hasAnswers() && !m_asked;
    m_recorded->setVisible(recorded);
    m_answers->setVisible(!recorded);
}

void TalkPage::showTitles() {
    for (std::size_t side = 0; side < m_sides.size(); ++side) {
        if (busy()) return;  // the cards name who is answering
        const QString model = path(side);
        m_sides[side].card->setTitle(model.isEmpty() ? tr("Second model") : m_names.title(model));
        const bool alone = side == 1 && model.isEmpty();
        m_sides[side].card->view().setPlaceholderText(
            alone ? tr("Choose a second model, or select a run in the list of runs.")
                  : tr("Its answer appears here."));
    }
}

bool TalkPage::busy() const {
    return std::any_of(m_sides.begin(), m_sides.end(),
                       [](const Side& side) { return side.runner->busy(); });
}

void TalkPage::ask(bool many) {
    if (busy() || m_context.workspace.readOnly()) return;
    m_asked = true;
    showRecorded();
    showTitles();
    m_prompt->prompt().remember();
    for (std::size_t side = 0; side < m_sides.size(); ++side) {
        m_sides[side].card->begin(many);
        if (!path(side).isEmpty()) askSide(side, many);
    }
}

void TalkPage::askSide(std::size_t side, bool many) {
    Side& one = m_sides[side];
    if (many) return one.runner->start(m_prompt->consistencyTask(path(side)));
    one.number = ++m_lastNumber;
    one.runner->start(
        m_prompt->generateTask(path(side), one.number, side == 1 ? path(0) : QString()));
}

void TalkPage::stop() {
    for (Side& side : m_sides) side.runner->cancel();
}

void TalkPage::showState() {
    const auto answering = std::find_if(m_sides.begin(), m_sides.end(),
                                        [](const Side& side) { return side.runner->busy(); });
    m_prompt->showState(
        busy(), answering != m_sides.end() ? answering->runner->line() : QString(),
        m_context.workspace.readOnly()
            ? tr("%1, so no model can be asked here.").arg(m_context.workspace.readOnlyText())
            : QString());
    if (!busy()) showTitles();
}

}  // namespace skd
