#include "profile/time_line_card.h"

#include <QEvent>
#include <QPushButton>

#include "charts/views/time_line.h"
#include "controls/build.h"
#include "style/format.h"
#include "style/theme.h"

namespace skd {

namespace {

QString recordText(const ProfileRecord& record) {
    return record.scope ? moduleText(record.module) : QString::fromStdString(record.name);
}

QString recordTip(const ProfileRecord& record) {
    const QString name =
        record.scope ? moduleText(record.module)
                     : TimeLineCard::tr("%1 · in %2")
                           .arg(QString::fromStdString(record.name), moduleText(record.module));
    return TimeLineCard::tr("%1\n%2, of which itself %3 · from %4 on")
        .arg(name, formatSpan(static_cast<double>(record.endNs - record.beginNs) * 1e-9),
             formatSpan(static_cast<double>(record.selfNs) * 1e-9),
             formatSpan(static_cast<double>(record.beginNs) * 1e-9));
}

}  // namespace

TimeLineCard::TimeLineCard(ProfileState& state, ModelNames& names, QWidget* parent)
    : Card(tr("Typical round"), parent), m_state(state), m_names(names) {
    m_line = named(new TimeLine(tr("Time line of the typical round"), this), "profile.timeline");
    m_line->setEmptyText(
        tr("Every operator of a typical round in its order, once one is measured."));
    m_line->setToolTip({});
    auto* whole = makeButton(
        tr("whole round"), "profile.whole",
        tr("Wheel or ↑ ↓ zoom, dragging or ← → pan, a double click shows one record; Home shows "
           "the whole round"),
        this);
    whole->setProperty("link", true);
    whole->setFont(textFont(TextRole::Small));
    addControl(whole);
    body()->addWidget(m_line, 1);
    connect(whole, &QPushButton::clicked, m_line, &TimeLine::zoomWhole);
    for (auto signal : {&ProfileState::profileChanged, &ProfileState::modelChanged,
                        &ProfileState::groupingChanged})
        connect(&m_state, signal, this, &TimeLineCard::draw);
    connect(&m_names, &ModelNames::changed, this, &TimeLineCard::draw);
    connect(&m_state, &ProfileState::selectionChanged, this, &TimeLineCard::drawSelection);
    connect(m_line, &TimeLine::picked, this, [this](std::uint32_t record) {
        m_state.select(moduleSet({m_state.shownModel()->timeline[record].module}));
    });
    connect(m_line, &TimeLine::pickedNothing, this, [this] { m_state.select({}); });
    draw();
    whenChanged(this, QEvent::PaletteChange, [this] { draw(); });
}

void TimeLineCard::draw() {
    const ModelProfile* model = m_state.shownModel();
    if (model == nullptr) {
        m_line->setContent({});
        return setTitle(tr("Typical round"));
    }
    const ShownProfilePtr& profile = m_state.profile();
    m_line->setContent(
        {std::shared_ptr<const std::vector<ProfileRecord>>(profile, &model->timeline),
         profile->rows[m_state.model()], moduleColors(themeColors(this), m_state.grouping()),
         recordText, recordTip});
    setTitle(tr("Typical round · %1").arg(m_names.shortTitle(QString::fromStdString(model->name))));
    drawSelection();
}

void TimeLineCard::drawSelection() {
    std::vector<bool> modules(m_state.selected().size());
    for (std::size_t i = 0; i < modules.size(); ++i) modules[i] = m_state.selected().test(i);
    m_line->setHighlighted(modules);
}

}  // namespace skd
