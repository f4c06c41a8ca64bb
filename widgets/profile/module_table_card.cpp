#include "profile/module_table_card.h"

#include <QHeaderView>
#include <QSortFilterProxyModel>
#include <QTreeView>

#include "controls/build.h"
#include "profile/profile_table_model.h"

namespace skd {

ModuleTableCard::ModuleTableCard(ProfileState& state, ModelNames& names, QWidget* parent)
    : Card(tr("Parts and operators"), parent), m_state(state), m_names(names) {
    m_model = new ProfileTableModel(this);
    m_sorted = new QSortFilterProxyModel(this);
    m_sorted->setSourceModel(m_model);
    m_sorted->setSortRole(Qt::UserRole);
    buildView();
    for (auto signal : {&ProfileState::profileChanged, &ProfileState::modelChanged})
        connect(&m_state, signal, this, &ModuleTableCard::fill);
    connect(&m_names, &ModelNames::changed, this, &ModuleTableCard::fill);
    connect(&m_state, &ProfileState::selectionChanged, this, &ModuleTableCard::showSelection);
    connect(m_view->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &ModuleTableCard::onSelected);
    fill();
}

void ModuleTableCard::buildView() {
    m_view = named(new QTreeView(this), "profile.table", tr("Self time by part and operator"));
    m_view->setModel(m_sorted);
    addEmptyNote(m_view,
                 tr("The time of every part of the model in a pass, once one is measured."));
    m_view->setSortingEnabled(true);
    m_view->sortByColumn(ProfileTableModel::SelfTime, Qt::DescendingOrder);
    m_view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_view->setUniformRowHeights(true);
    m_view->setIndentation(14);
    m_view->setMinimumHeight(90);
    m_view->header()->setStretchLastSection(false);
    m_view->header()->setSectionResizeMode(ProfileTableModel::Name, QHeaderView::Stretch);
    for (int column = ProfileTableModel::SelfTime; column < ProfileTableModel::ColumnCount;
         ++column)
        m_view->header()->setSectionResizeMode(column, QHeaderView::ResizeToContents);
    body()->addWidget(m_view, 1);
}

void ModuleTableCard::fill() {
    const ModelProfile* model = m_state.shownModel();
    m_showing = true;
    m_model->setProfile(model,
                        model != nullptr ? &m_state.profile()->report.models.front() : nullptr);
    m_showing = false;
    setTitle(model != nullptr ? tr("Parts and operators · %1")
                                    .arg(m_names.shortTitle(QString::fromStdString(model->name)))
                              : tr("Parts and operators"));
    showSelection();
}

void ModuleTableCard::showSelection() {
    if (m_showing) return;
    m_showing = true;
    QItemSelection selection;
    for (int row = 0; row < m_sorted->rowCount(); ++row) {
        const QModelIndex index = m_sorted->index(row, 0);
        if (m_state.selected().test(
                static_cast<std::size_t>(m_model->moduleOf(m_sorted->mapToSource(index)))))
            selection.select(index, index.siblingAtColumn(ProfileTableModel::ColumnCount - 1));
    }
    m_view->selectionModel()->select(selection, QItemSelectionModel::ClearAndSelect);
    if (!selection.isEmpty()) m_view->scrollTo(selection.indexes().front());
    m_showing = false;
}

void ModuleTableCard::onSelected() {
    if (m_showing) return;
    ModuleSet modules;
    for (const QModelIndex& index : m_view->selectionModel()->selectedRows())
        modules.set(static_cast<std::size_t>(m_model->moduleOf(m_sorted->mapToSource(index))));
    m_showing = true;  // what the user selected stays as it is
    m_state.select(modules);
    m_showing = false;
}

}  // namespace skd
