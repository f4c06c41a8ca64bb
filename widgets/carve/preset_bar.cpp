#include "carve/preset_bar.h"

#include <QDialog>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QPushButton>
#include <cmath>

#include "controls/build.h"
#include "style/format.h"

namespace skd {

namespace {
constexpr double kFirstCut = 0.15;    ///< of a preset that is chosen while nothing is removed
constexpr int kProgressWidth = 190;   ///< px; the whole sentence is in the tool tip
constexpr double kUsualLimit = 1.25;  ///< times the dense model's perplexity, as a first suggestion
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
    std::vector<ChoiceButton::Choice> choices;
    const auto add = [&choices](RankPreset preset) {
        choices.push_back({presetName(preset), presetTip(preset), preset});
    };
    for (const RankPreset preset :
         {RankPreset::Budget, RankPreset::Relative, RankPreset::Uniform, RankPreset::Tiers,
          RankPreset::Energy, RankPreset::Random, RankPreset::Dense})
        add(preset);
    choices.push_back({tr("auto search…"), {}, kSearch});
    add(RankPreset::Hand);
    m_preset =
        new ChoiceButton("carve.preset", tr("Preset"), tr("preset: "), std::move(choices), this);
    m_preset->setChoiceEnabled(static_cast<int>(RankPreset::Hand), false);
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

RankPreset PresetBar::masterPreset() const {
    const RankPreset preset = m_state.snapshot().preset();
    return preset == RankPreset::Hand || preset == RankPreset::Dense ? RankPreset::Budget : preset;
}

void PresetBar::choose(int value) {
    if (value == kSearch)
        askForLimit();
    else
        apply(static_cast<RankPreset>(value));
    refresh();
}

void PresetBar::apply(RankPreset preset) {
    if (!m_state.hasAnalysis()) return;
    const RankProfile& before = m_state.snapshot();
    const bool wanted = before.preset() != RankPreset::Energy &&
                        before.preset() != RankPreset::Hand && before.preset() != RankPreset::Dense;
    const bool sameUnit = before.timeBatch() == 0 || isBudget(before.preset()) == isBudget(preset);
    // What was asked for, not what rounding made of it: going back and forth must not add up.
    const double now = wanted && sameUnit ? before.target()
                       : isBudget(preset) ? m_state.removed()
                                          : m_state.price().mlpRemoved;
    const double removed = now > 0.001 ? now : kFirstCut;
    if (preset == RankPreset::Random)
        m_state.redrawRandom(removed);
    else
        m_state.solve(preset, removed);
}

/// Asks for the largest perplexity that a search may reach.
void PresetBar::askForLimit() {
    if (!m_search.obstacle().isEmpty()) return;
    const double dense = m_search.densePerplexity();
    auto* dialog = named(new QDialog(this), "carve.search");
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Auto search"));
    auto* caption = makeLabel(tr("Largest perplexity"), TextRole::Body, "", dialog);
    auto* limit = named(new QDoubleSpinBox(dialog), "carve.search.limit", caption->text());
    caption->setBuddy(limit);
    limit->setDecimals(2);
    limit->setRange(dense, 1e6);
    limit->setSingleStep(std::max(0.1, dense / 50));
    limit->setValue(kUsualLimit * dense);
    auto* note =
        wrapped(makeLabel(tr("Removes as much as stays within this perplexity: %1 previews, each "
                             "shown while it is measured. The dense model has %2.")
                              .arg(CarveSearch::kMeasurements)
                              .arg(formatPerplexity(dense)),
                          TextRole::Small, "secondary", dialog));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, dialog);
    auto* search = named(buttons->button(QDialogButtonBox::Ok), "carve.search.go");
    search->setText(tr("Search"));
    search->setProperty("primary", true);
    addAll(new QVBoxLayout(dialog), {caption, limit, note, buttons});
    connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, dialog, &QDialog::accept);
    connect(dialog, &QDialog::accepted, this, [this, limit] { m_search.start(limit->value()); });
    limit->setFocus();
    limit->selectAll();
    dialog->open();
}

void PresetBar::refresh() {
    if (!m_state.hasAnalysis()) return;
    const RankProfile& now = m_state.snapshot();
    const bool measured = m_state.plan().hasMeasuredWeights();
    m_preset->setChoiceText(static_cast<int>(RankPreset::Budget),
                            measured ? presetName(RankPreset::Budget) : tr("budget"),
                            measured ? presetTip(RankPreset::Budget)
                                     : tr("least damage under the budget by the spectra alone; "
                                          "weights are not measured yet"));
    m_preset->setValue(static_cast<int>(now.preset()));
    m_unit->setValue(static_cast<int>(now.timeBatch()));
    m_thresholdBox->setVisible(now.preset() == RankPreset::Energy);
    if (now.preset() == RankPreset::Energy) {
        m_threshold->setText(QString::number(now.target(), 'f', 4));
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
                           tr("budgets are shares of the time of the MLP's products on this "
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
