#include "profile/profile_state.h"

namespace skd {

ShownProfilePtr prepareProfile(ProfileReport report) {
    auto shown = std::make_shared<ShownProfile>();
    shown->report = std::move(report);
    for (const ModelProfile& model : shown->report.models)
        shown->rows.push_back(std::make_shared<TimeLineRows>(timeLineRows(model.timeline)));
    return shown;
}

const ModelProfile* ProfileState::shownModel() const {
    if (!m_profile || m_model >= m_profile->report.models.size()) return nullptr;
    return &m_profile->report.models[m_model];
}

void ProfileState::setProfile(ShownProfilePtr profile) {
    m_profile = std::move(profile);
    if (shownModel() == nullptr) m_model = 0;
    m_selected.reset();
    Q_EMIT profileChanged();
    Q_EMIT selectionChanged();
}

void ProfileState::setGrouping(ProfileGrouping grouping) {
    if (m_grouping == grouping) return;
    m_grouping = grouping;
    Q_EMIT groupingChanged();
}

void ProfileState::setModel(std::size_t model) {
    if (!m_profile || model == m_model || model >= m_profile->report.models.size()) return;
    m_model = model;
    Q_EMIT modelChanged();
}

void ProfileState::select(const ModuleSet& modules) {
    if (m_selected == modules) return;
    m_selected = modules;
    Q_EMIT selectionChanged();
}

void ProfileState::toggle(const ModuleSet& modules) {
    select(m_selected == modules ? ModuleSet() : modules);
}

}  // namespace skd
