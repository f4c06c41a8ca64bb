#pragma once

#include <QObject>
#include <memory>

#include "charts/views/time_line_rows.h"
#include "profile/profile_parts.h"

namespace skd {

/// A profile as it is drawn: read and sorted away from the window's thread.
struct ShownProfile {
    ProfileReport report;
    std::vector<std::shared_ptr<const TimeLineRows>> rows;  ///< per model
};
using ShownProfilePtr = std::shared_ptr<const ShownProfile>;
ShownProfilePtr prepareProfile(ProfileReport report);

/// What the breakdown shows, and what of it is selected: bars, table and time line follow it.
class ProfileState : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    [[nodiscard]] const ShownProfilePtr& profile() const { return m_profile; }
    [[nodiscard]] ProfileGrouping grouping() const { return m_grouping; }
    [[nodiscard]] std::size_t model() const { return m_model; }
    [[nodiscard]] const ModelProfile* shownModel() const;
    [[nodiscard]] const ModuleSet& selected() const { return m_selected; }

    void setProfile(ShownProfilePtr profile);
    void setGrouping(ProfileGrouping grouping);
    /// The model that table and time line show.
    void setModel(std::size_t model);
    void select(const ModuleSet& modules);
    /// Selects the modules, or none of them where they were selected already.
    void toggle(const ModuleSet& modules);

Q_SIGNALS:
    void profileChanged();
    void groupingChanged();
    void modelChanged();
    void selectionChanged();

private:
    ShownProfilePtr m_profile;
    ProfileGrouping m_grouping = ProfileGrouping::Modules;
    std::size_t m_model = 0;
    ModuleSet m_selected;
};

}  // namespace skd
