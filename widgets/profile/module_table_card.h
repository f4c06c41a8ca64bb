#pragma once

#include "bridge/model_names.h"
#include "controls/card.h"
#include "profile/profile_state.h"

class QSortFilterProxyModel;
class QTreeView;

namespace skd {

class ProfileTableModel;

/// One model's time by part and operator, as a table.
class ModuleTableCard : public Card {
    Q_OBJECT
public:
    ModuleTableCard(ProfileState& state, ModelNames& names, QWidget* parent = nullptr);

private:
    void buildView();
    void fill();
    void showSelection();
    void onSelected();

    ProfileState& m_state;
    ModelNames& m_names;
    ProfileTableModel* m_model;
    QSortFilterProxyModel* m_sorted;
    QTreeView* m_view;
    bool m_showing = false;
};

}  // namespace skd
