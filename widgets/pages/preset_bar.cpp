#include "pages/preset_bar.h"

#include <QLabel>
#include <QToolButton>
#include <cmath>

#include "delegates/format.h"
#include "pages/build.h"
#include "pages/choice_button.h"
#include "pages/number_line.h"
#include "pages/search_dialog.h"

namespace skd {

namespace {
constexpr double kFirstCut = 0.15;   ///< of a preset that is chosen while nothing is removed
constexpr int kProgressWidth = 190;  ///< px; the whole sentence is in the tool tip
}  // namespace

PresetBar::PresetBar(CarveState& state, CarveSearch& search, QWidget* parent)
    : QWidget(parent), m_state(state), m_search(search) {
    auto* row = makeRow(8, this);
    buildPresets();
    buildThreshold();
    buildUnit();
    buildSearch();
    addAll(row, {m_preset, m_thresholdBox, m_progress, m_stop});
    connect(&state, &CarveState::planChanged, this, &PresetBar::refresh);
    connect(&state, &CarveState::analysisChanged, this, &PresetBar::refreshUnits);
    connect(&state, &CarveState::timesChanged, this, &PresetBar::refreshUnits);
    connect(&search, &CarveSearch::changed, this, &PresetBar::refreshSearch);
    refreshUnits();
    refreshSearch();
}

void PresetBar::buildPresets() {
    const auto rule = [](CarveRule value) { return static_cast<int>(value); };
    m_preset = new ChoiceButton(
        "carve.preset", tr("Preset"), tr("preset: "),
        {{tr("load path"), {}, rule(CarveRule::Budget)},
         {tr("relative error"),
          tr("smallest sum of relative errors under the budget; needs no measured weights"),
          rule(CarveRule::Relative)},
         {tr("uniform"), tr("the same share of every matrix"), rule(CarveRule::Uniform)},
         {tr("tiers"),
          tr("a share of every matrix by early, middle and late layers: three handles over the "
             "faders"),
          rule(CarveRule::Tiers)},
         {tr("energy threshold"),
          tr("the same kept energy everywhere, at the same price; the threshold can be typed"),
          rule(CarveRule::Energy)},
         {tr("random"),
          tr("a control that knows nothing of the matrices; choose it again for another draw"),
          rule(CarveRule::Random)},
         {tr("dense"), tr("nothing removed"), rule(CarveRule::Dense)},
         {tr("auto search…"), {}, kSearch},
         {tr("by hand"), tr("what the faders say"), rule(CarveRule::Hand)}},
        this);
    m_preset->setChoiceEnabled(rule(CarveRule::Hand), false);
    connect(m_preset, &ChoiceButton::chosen, this, &PresetBar::choose);
}

void PresetBar::buildThreshold() {
    m_thresholdBox = new QWidget(this);
    auto* row = makeRow(4, m_thresholdBox);
    m_threshold = named(new NumberLine({0.01, 1, false}, m_thresholdBox), "carve.threshold",
                        tr("Kept energy everywhere"));
    m_threshold->setToolTip(
        tr("Every matrix keeps at least this share of its squared singular values"));
    m_threshold->setFont(textFont(TextRole::Small));
    m_threshold->setFixedWidth(
        m_threshold->fontMetrics().horizontalAdvance(QStringLiteral("0.99999")) + 18);
    row->addWidget(makeLabel(tr("keep ≥"), TextRole::Small, "secondary", this));
    row->addWidget(m_threshold);
    m_thresholdBox->hide();
    connect(m_threshold, &QLineEdit::editingFinished, this, [this] {
        const double wanted = parseShare(m_threshold->text());
        if (!m_threshold->isModified() || std::isnan(wanted) || wanted <= 0) return refresh();
        m_threshold->setModified(false);
        m_state.solveThreshold(wanted);
    });
}

void PresetBar::buildUnit() {
    m_unit = new ChoiceButton("carve.unit", tr("What a budget is a share of"), {},
                              {{tr("parameters"), {}, 0}}, this);
    connect(m_unit, &ChoiceButton::chosen, this, [this](int batch) {
        if (m_state.hasAnalysis()) m_state.setBudgetIn(batch);
        refresh();
    });
}

void PresetBar::buildSearch() {
    m_progress = makeLabel({}, TextRole::Small, "accent", this, "carve.search.progress");
    m_stop = named(new QToolButton(this), "carve.search.stop", tr("Stop the search"));
    m_stop->setText(tr("Stop"));
    m_stop->setFont(textFont(TextRole::Small));
    m_stop->setToolTip(tr("Ends the search with the largest cut that passed so far"));
    connect(m_stop, &QToolButton::clicked, &m_search, &CarveSearch::stop);
}

QWidget* PresetBar::unit() const {
    return m_unit;
}

CarveRule PresetBar::masterRule() const {
    const CarveRule rule = m_state.snapshot().rule;
    return rule == CarveRule::Hand || rule == CarveRule::Dense ? CarveRule::Budget : rule;
}

void PresetBar::choose(int value) {
    if (value == kSearch)
        askForLimit();
    else
        apply(static_cast<CarveRule>(value));
    refresh();
}

void PresetBar::apply(CarveRule rule) {
    if (!m_state.hasAnalysis()) return;
    const auto budgets = [](CarveRule which) {
        return which == CarveRule::Budget || which == CarveRule::Relative;
    };
    const CarveSnapshot& before = m_state.snapshot();
    const bool wanted = before.rule != CarveRule::Energy && before.rule != CarveRule::Hand &&
                        before.rule != CarveRule::Dense;
    const bool sameUnit = before.timeBatch == 0 || budgets(before.rule) == budgets(rule);
    // What was asked for, not what rounding made of it: going back and forth must not add up.
    const double now = wanted && sameUnit ? before.target
                       : budgets(rule)    ? m_state.removed()
                                          : m_state.price().mlpRemoved;
    const double removed = now > 0.001 ? now : kFirstCut;
    if (rule == CarveRule::Random)
        m_state.drawAgain(removed);
    else
        m_state.solve(rule, removed);
}

void PresetBar::askForLimit() {
    if (!m_search.obstacle().isEmpty()) return;
    auto* dialog = new SearchDialog(m_search.densePerplexity(), this);
    connect(dialog, &SearchDialog::limitGiven, &m_search, &CarveSearch::start);
    dialog->open();
}

void PresetBar::refresh() {
    if (!m_state.hasAnalysis()) return;
    const CarveSnapshot& now = m_state.snapshot();
    const bool measured = m_state.plan().hasMeasuredWeights();
    m_preset->setChoiceText(
        static_cast<int>(CarveRule::Budget), measured ? tr("load path") : tr("budget"),
        measured ? tr("fewest expected nats under the budget, by measured weights")
                 : tr("least damage under the budget as far as the spectra say; weights are not "
                      "measured yet"));
    m_preset->setValue(static_cast<int>(now.rule));
    m_unit->setValue(static_cast<int>(now.timeBatch));
    m_thresholdBox->setVisible(now.rule == CarveRule::Energy);
    if (now.rule == CarveRule::Energy) {
        m_threshold->setText(QString::number(now.target, 'f', 4));
        m_threshold->setModified(false);
    }
}

void PresetBar::refreshUnits() {
    const QString how =
        tr("Measure with: sparsekd benchmark MODEL --break-even --batch 1 (decoding) or 512 "
           "(reading a prompt)");
    std::vector<ChoiceButton::Choice> choices{
        {tr("parameters"), tr("budgets are shares of the MLP's parameters"), 0}};
    const std::vector<std::int64_t> batches = m_state.batches();
    for (std::int64_t batch : batches)
        choices.push_back({batch == 1 ? tr("time, 1 row") : tr("time, %1 rows").arg(batch),
                           tr("budgets are shares of the time that the MLP's products take on this "
                              "machine at %1 rows of input")
                               .arg(batch),
                           static_cast<int>(batch)});
    m_unit->setChoices(std::move(choices));
    m_unit->setEnabled(!batches.empty());
    m_unit->setToolTip(
        batches.empty()
            ? tr("No times of this model's matrices were measured on this machine.\n%1").arg(how)
            : tr("What a budget is a share of: parameters, or time as measured on this machine"));
    refresh();
}

void PresetBar::refreshSearch() {
    const QString obstacle = m_search.obstacle();
    m_preset->setChoiceEnabled(kSearch, obstacle.isEmpty());
    m_preset->setChoiceText(
        kSearch, tr("auto search…"),
        obstacle.isEmpty()
            ? tr("the largest cut whose measured perplexity stays within a limit: %1 previews")
                  .arg(CarveSearch::kMeasurements)
            : obstacle);
    m_progress->setText(
        m_progress->fontMetrics().elidedText(m_search.text(), Qt::ElideRight, kProgressWidth));
    m_progress->setToolTip(m_search.text());
    m_progress->setVisible(!m_search.text().isEmpty());
    m_stop->setVisible(m_search.running());
}

}  // namespace skd
