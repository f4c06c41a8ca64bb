#include "profile/speed_up_card.h"

#include <QVBoxLayout>
#include "charts/views/speed_up_chart.h"
#include "controls/build.h"
#include "style/format.h"
#include "style/theme.h"

namespace skd {

SpeedUpCard::SpeedUpCard(ProfileState& state, ModelNames& names, QWidget* parent)
    : Card(tr("Speed-up and Amdahl's ceiling"), parent), m_state(state), m_names(names) {
    m_chart = named(new SpeedUpChart(tr("Speed-up of every model against the first"), this),
                    "profile.speedUp");
    m_chart->setEmptyText(
        tr("Measure a pruned model beside the dense one: select its run in the list of runs."));
    auto* legend = makeLabel(tr("█ measured  ◇ predicted"), TextRole::Small, "secondary", this);
    legend->setToolTip(
        tr("predicted: the first model's MLP products shrink by their FLOPs, nothing else "
           "changes\nceiling: they need no time at all, 1 / (1 − their share)"));
    addControl(legend);
    body()->addWidget(m_chart, 1);
    connect(&m_state, &ProfileState::profileChanged, this, &SpeedUpCard::draw);
    connect(&m_names, &ModelNames::changed, this, &SpeedUpCard::draw);
    draw();
}

void SpeedUpCard::draw() {
    std::vector<SpeedUpChart::Entry> entries;
    const std::size_t count = m_state.profile() ? m_state.profile()->report.models.size() : 0;
    for (std::size_t i = 1; i < count; ++i) {
        const ModelProfile& model = m_state.profile()->report.models[i];
        const ProfileComparison& c = model.comparison;
        const QString name = m_names.shortTitle(QString::fromStdString(model.name));
        entries.push_back({name,
                           tr("%1: %2 measured (quartiles %3 to %4), %5 predicted, at most %6")
                               .arg(name, formatFactor(c.speedUp.median),
                                    formatFactor(c.speedUp.low), formatFactor(c.speedUp.high),
                                    formatFactor(c.predicted), formatFactor(c.ceiling)),
                           c.speedUp.median, c.speedUp.low, c.speedUp.high, c.predicted,
                           c.ceiling});
    }
    m_chart->setEntries(std::move(entries));
}

}  // namespace skd
