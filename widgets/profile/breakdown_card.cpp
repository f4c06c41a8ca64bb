#include "profile/breakdown_card.h"

#include <cmath>

#include "charts/views/stacked_bars.h"
#include "controls/build.h"
#include "controls/choice_button.h"
#include "style/format.h"

namespace skd {

namespace {

/// "−34.6 %" of a ratio 0.654.
QString change(double ratio) {
    return formatRemoved(1 - ratio);
}

}  // namespace

BreakdownCard::BreakdownCard(ProfileState& state, ModelNames& names, const QString& emptyText,
                             QWidget* parent)
    : Card(tr("Where the time goes"), parent), m_state(state), m_names(names) {
    m_bars = named(new StackedBars(tr("Self time by part of the decoder, one bar per model"), this),
                   "profile.bars");
    m_bars->setEmptyText(emptyText);
    m_grouping = new ChoiceButton(
        "profile.grouping", tr("How parts are grouped"), tr("by: "),
        {{tr("module"), tr("the parts of the decoder"), ProfileGrouping::Modules},
         {tr("the paper's buckets"),
          tr("attention, products with weight matrices, and what Table VIII omits"),
          ProfileGrouping::Paper}},
        this);
    m_attributed = makeLabel({}, TextRole::Small, "secondary", this, "profile.attributed");
    m_attributed->setToolTip(
        tr("share of the wall time that belongs to a named part of the decoder"));
    m_remark = makeLabel({}, TextRole::Small, "secondary", this, "profile.remark");
    m_remark->setMinimumWidth(10);
    addControl(m_grouping);
    addControl(m_attributed);
    addAll(body(), {{m_bars, 1}, gap(4), m_remark});
    connect(m_grouping, &ChoiceButton::chosen, this,
            [this](int value) { m_state.setGrouping(static_cast<ProfileGrouping>(value)); });
    connect(m_bars, &StackedBars::picked, this, &BreakdownCard::onPicked);
    connect(m_bars, &StackedBars::walkedTo, this, [this](int bar, int part) {
        m_state.setModel(static_cast<std::size_t>(bar));
        m_state.select(part < 0 ? ModuleSet() : profileParts(m_state.grouping())[part].modules);
    });
    for (auto signal : {&ProfileState::profileChanged, &ProfileState::groupingChanged})
        connect(&m_state, signal, this, &BreakdownCard::draw);
    connect(&m_names, &ModelNames::changed, this, &BreakdownCard::draw);
    connect(&m_state, &ProfileState::modelChanged, this,
            [this] { m_bars->setCurrentBar(static_cast<int>(m_state.model())); });
    connect(&m_state, &ProfileState::selectionChanged, this, &BreakdownCard::drawSelection);
    draw();
    whenChanged(this, QEvent::PaletteChange, [this] { draw(); });
}

void BreakdownCard::draw() {
    std::vector<StackedBars::Part> parts;
    std::vector<StackedBars::Bar> bars;
    const auto wanted = profileParts(m_state.grouping());
    const ThemeColors& colors = themeColors(this);
    for (const ProfilePart& part : wanted) parts.push_back({part.name, partColor(colors, part)});
    const ProfileReport empty;
    const ProfileReport& report = m_state.profile() ? m_state.profile()->report : empty;
    for (const ModelProfile& model : report.models) {
        const QString path = QString::fromStdString(model.name);
        StackedBars::Bar bar{m_names.shortTitle(path), formatSpan(model.typicalSeconds()), {}};
        for (const ProfilePart& part : wanted) {
            const double seconds = secondsOf(model, part.modules),
                         share = seconds / model.typicalSeconds();
            const QString time = formatSpan(seconds);
            bar.pieces.push_back(
                {seconds, time.section(QChar(0x202F), 0, 0),
                 tr("%1 · %2: %3, %4")
                     .arg(m_names.title(path), part.name, time, formatPercent(share))});
        }
        bars.push_back(std::move(bar));
    }
    m_bars->setBars(std::move(parts), std::move(bars));
    m_bars->setCurrentBar(static_cast<int>(m_state.model()));
    setTitle(report.models.empty() ? tr("Where the time goes")
                                   : tr("Where the time goes · batch %1 × %2 · %3 · self time, ms")
                                         .arg(report.batch)
                                         .arg(report.length)
                                         .arg(QString::fromStdString(report.dtype)));
    m_attributed->setText(
        report.models.empty()
            ? QString()
            : tr("%1 attributed").arg(formatPercent(report.models.front().attributed)));
    m_remark->setText(remark(report));
    m_remark->setVisible(!m_remark->text().isEmpty());
    m_remark->setToolTip(QString::fromStdString(report.method));
    drawSelection();
}

/// What became of the first student's time, in a sentence.
QString BreakdownCard::remark(const ProfileReport& report) const {
    QStringList sentences;
    for (std::size_t i = 1; i < report.models.size() && i < 3; ++i) {
        const ProfileComparison& c = report.models[i].comparison;
        const bool same = c.otherTime.low <= 1 && c.otherTime.high >= 1;
        sentences << tr("%1: MLP time %2 · MLP FLOPs %3 · everything else %4")
                         .arg(m_names.shortTitle(QString::fromStdString(report.models[i].name)),
                              change(c.mlpTime.median), change(c.mlpFlops),
                              same ? tr("unchanged within noise") : change(c.otherTime.median));
    }
    return sentences.join(QLatin1Char('\n'));
}

void BreakdownCard::drawSelection() {
    std::vector<bool> highlighted;
    for (const ProfilePart& part : profileParts(m_state.grouping()))
        highlighted.push_back((part.modules & m_state.selected()).any());
    m_bars->setHighlighted(std::move(highlighted));
}

void BreakdownCard::onPicked(int bar, int part) {
    if (bar >= 0) m_state.setModel(static_cast<std::size_t>(bar));
    if (part < 0) return m_state.select({});
    m_state.toggle(profileParts(m_state.grouping())[part].modules);
}

}  // namespace skd
