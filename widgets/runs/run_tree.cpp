#include "runs/run_tree.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "style/format.h"

namespace skd {

namespace {

QString textOr(const std::string& text, const QString& otherwise) {
    return text.empty() ? otherwise : asText(text);
}

/// The groups a run belongs to; more than one only by tag.
QStringList groupsOf(const RunRow& run, RunGrouping grouping) {
    if (grouping == RunGrouping::None) return {QString()};
    if (grouping == RunGrouping::Study) return {textOr(run.studyName, QObject::tr("no study"))};
    if (grouping == RunGrouping::Variant)
        return {run.variant.empty() ? QObject::tr("no study")
                                    : asText(run.studyName + " · " + run.variant)};
    if (grouping == RunGrouping::Model) return {asText(run.model)};
    if (grouping == RunGrouping::Method) return {asText(run.method)};
    if (grouping == RunGrouping::State) return {statusText(run.status)};
    return run.tags.empty() ? QStringList{QObject::tr("no tag")} : asTexts(run.tags);
}

}  // namespace

RunTree::RunTree(RunsModel& runs, QObject* parent) : QAbstractItemModel(parent), m_runs(runs) {
    m_groups = arranged();
    connect(&runs, &QAbstractItemModel::rowsInserted, this, &RunTree::rearrange);
    connect(&runs, &QAbstractItemModel::rowsRemoved, this, &RunTree::rearrange);
    connect(&runs, &QAbstractItemModel::modelReset, this, &RunTree::rearrange);
    connect(&runs, &QAbstractItemModel::dataChanged, this, &RunTree::onDataChanged);
}

std::vector<RunTree::Group> RunTree::arranged() const {
    std::vector<Group> groups;
    std::map<QString, std::size_t> places;
    if (m_grouping == RunGrouping::None) groups.emplace_back();
    for (int row = 0; row < m_runs.rowCount(); ++row) {
        const RunRow& run = m_runs.row(row);
        if (!m_filter.matches(run)) continue;
        if (m_grouping == RunGrouping::None) {
            groups.front().rows.push_back(row);
            continue;
        }
        for (const QString& title : groupsOf(run, m_grouping)) {
            const auto [place, isNew] = places.try_emplace(title, groups.size());
            if (isNew) groups.push_back({title, {}});
            groups[place->second].rows.push_back(row);
        }
    }
    return groups;
}

void RunTree::rearrange() {
    beginResetModel();
    m_groups = arranged();
    endResetModel();
}

void RunTree::setFilter(const RunFilter& filter) {
    m_filter = filter;
    rearrange();
}

void RunTree::setGrouping(RunGrouping grouping) {
    if (m_grouping == grouping) return;
    m_grouping = grouping;
    rearrange();
}

void RunTree::onDataChanged(const QModelIndex& first, const QModelIndex& last,
                            const QList<int>& roles) {
    if (!roles.isEmpty()) {  // how a run looks, not what it is
        for (int row = first.row(); row <= last.row(); ++row)
            if (const QModelIndex index = mapFromSource(row); index.isValid())
                Q_EMIT dataChanged(index, index, roles);
        return;
    }
    if (arranged() != m_groups) return rearrange();
    if (rowCount() == 0) return;
    Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, 0));
    for (int group = 0; m_grouping != RunGrouping::None && group < rowCount(); ++group) {
        const QModelIndex top = index(group, 0);
        Q_EMIT dataChanged(index(0, 0, top), index(rowCount(top) - 1, 0, top));
    }
}

int RunTree::runCount() const {
    int count = 0;
    for (const Group& group : m_groups) count += static_cast<int>(group.rows.size());
    return count;
}

QModelIndex RunTree::mapFromSource(int row) const {
    for (std::size_t g = 0; g < m_groups.size(); ++g) {
        const std::vector<int>& rows = m_groups[g].rows;
        const auto found = std::lower_bound(rows.begin(), rows.end(), row);
        if (found == rows.end() || *found != row) continue;
        const auto place = static_cast<int>(found - rows.begin());
        if (m_grouping == RunGrouping::None) return createIndex(place, 0, quintptr{0});
        return createIndex(place, 0, quintptr{g + 1});
    }
    return {};
}

QModelIndex RunTree::indexOf(RunId run) const {
    const int row = m_runs.indexOf(run);
    return row < 0 ? QModelIndex() : mapFromSource(row);
}

int RunTree::sourceRow(const QModelIndex& index) const {
    if (!index.isValid()) return -1;
    const bool flat = m_grouping == RunGrouping::None;
    if (!flat && index.internalId() == 0) return -1;
    const Group& group = flat ? m_groups.front() : m_groups[index.internalId() - 1];
    return group.rows[index.row()];
}

RunId RunTree::runAt(const QModelIndex& index) const {
    const int row = sourceRow(index);
    return row < 0 ? RunId{} : m_runs.row(row).id;
}

QModelIndex RunTree::index(int row, int column, const QModelIndex& parent) const {
    if (row < 0 || column != 0 || row >= rowCount(parent)) return {};
    if (!parent.isValid()) return createIndex(row, 0, quintptr{0});
    return createIndex(row, 0, static_cast<quintptr>(parent.row()) + 1);
}

QModelIndex RunTree::parent(const QModelIndex& index) const {
    if (!index.isValid() || index.internalId() == 0) return {};
    return createIndex(static_cast<int>(index.internalId()) - 1, 0, quintptr{0});
}

int RunTree::rowCount(const QModelIndex& parent) const {
    if (m_grouping == RunGrouping::None)
        return parent.isValid() ? 0 : static_cast<int>(m_groups.front().rows.size());
    if (!parent.isValid()) return static_cast<int>(m_groups.size());
    if (parent.internalId() != 0) return 0;
    return static_cast<int>(m_groups[parent.row()].rows.size());
}

int RunTree::columnCount(const QModelIndex&) const {
    return 1;
}

RunGroupSummary RunTree::summary(const Group& group) const {
    std::vector<double> perplexities;
    for (const int row : group.rows) perplexities.push_back(m_runs.row(row).postKdPpl);
    const Statistic s = summarise(perplexities);
    return {group.title, static_cast<int>(group.rows.size()), s.count, s.mean, s.deviation};
}

QVariant RunTree::data(const QModelIndex& index, int role) const {
    const int row = sourceRow(index);
    if (row >= 0) return m_runs.index(row).data(role);
    if (!index.isValid()) return {};
    const Group& group = m_groups[index.row()];
    if (role == Qt::DisplayRole || role == Qt::ToolTipRole) return group.title;
    if (role == Qt::AccessibleTextRole)
        return tr("group %1, %2")
            .arg(group.title,
                 tr("%1 runs", nullptr, group.rows.size()).arg(formatWhole(group.rows.size())));
    if (role == GroupRole) return QVariant::fromValue(summary(group));
    return {};
}

bool RunTree::setData(const QModelIndex& index, const QVariant& value, int role) {
    const int row = sourceRow(index);
    return row >= 0 && m_runs.setData(m_runs.index(row), value, role);
}

Qt::ItemFlags RunTree::flags(const QModelIndex& index) const {
    const int row = sourceRow(index);
    if (row >= 0) return m_runs.flags(m_runs.index(row));
    return index.isValid() ? Qt::ItemIsEnabled | Qt::ItemIsSelectable : Qt::NoItemFlags;
}

}  // namespace skd
